import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { pullReference } from '../../src/source/pull-reference.ts'
import { resolveReference } from '../../src/source/resolve-reference.ts'
import { sourceCacheUsage } from '../../src/source/source-cache.ts'
import { startHubServer } from '../support/hub-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

const BLOCK_BYTES = 64 * 1024
const CHILD = fileURLToPath(new URL('../support/pull-child.ts', import.meta.url))

function pullInChild(endpoint: string, cacheFolder: string): ChildProcess {
  const flags = ['--import', 'tsx', '--conditions=shardline-source']
  return spawn(process.execPath, [...flags, CHILD, endpoint, cacheFolder, String(BLOCK_BYTES)], {
    stdio: 'inherit',
  })
}

t.test('a download that was killed goes on where it stopped', async (t) => {
  await using hub = await startHubServer()
  await using cache = await tempFolder()
  const weights = new SeededRandom(11).bytes(64 * BLOCK_BYTES)
  const config = Buffer.from('{}')
  hub.add({ id: 'org/model', files: { 'config.json': config, 'model.safetensors': weights } })
  hub.faults.pieceMs = 4
  const child = pullInChild(hub.endpoint, cache.path)
  const exit = once(child, 'exit')
  const keptBytes = async (): Promise<number> =>
    (await sourceCacheUsage(cache.path).catch(() => undefined))?.totalBytes ?? 0
  while ((await keptBytes()) < 12 * BLOCK_BYTES && child.exitCode === null) await sleep(5)
  child.kill('SIGKILL')
  t.same(await exit, [null, 'SIGKILL'], 'it was in the middle')
  const [model] = (await sourceCacheUsage(cache.path)).models
  t.equal(model?.isComplete, false)

  hub.faults.pieceMs = 0
  const sentBytes = hub.sentBytes()
  const options = { hubEndpoint: hub.endpoint, cacheFolder: cache.path, blockBytes: BLOCK_BYTES }
  const pulled = await pullReference('org/model', options)
  t.equal(pulled.totalBytes, weights.length + config.length)
  t.ok(pulled.fetchedBytes <= weights.length - 8 * BLOCK_BYTES, `${pulled.fetchedBytes} bytes were missing`)
  t.equal(hub.sentBytes() - sentBytes, pulled.fetchedBytes, 'only the missing bytes are fetched again')
  await using files = await resolveReference('org/model', { ...options, isOffline: true })
  const source = await files.open('model.safetensors')
  t.equal(Buffer.compare(await source.read(0, weights.length), weights), 0)
  t.equal((await sourceCacheUsage(cache.path)).models[0]?.isComplete, true)
})

t.test('two processes that fill one cache at once do not disturb each other', async (t) => {
  await using hub = await startHubServer()
  await using cache = await tempFolder()
  const weights = new SeededRandom(12).bytes(40 * BLOCK_BYTES + 7)
  hub.add({ id: 'org/model', files: { 'config.json': Buffer.from('{}'), 'model.safetensors': weights } })
  hub.faults.pieceMs = 1
  const children = [pullInChild(hub.endpoint, cache.path), pullInChild(hub.endpoint, cache.path)]
  const exits = await Promise.all(children.map((child) => once(child, 'exit')))
  t.same(exits, [
    [0, null],
    [0, null],
  ])
  t.ok(hub.sentBytes() > weights.length, 'both were fetching')
  const options = {
    hubEndpoint: hub.endpoint,
    cacheFolder: cache.path,
    blockBytes: BLOCK_BYTES,
    isOffline: true,
  }
  await using files = await resolveReference('org/model', options)
  const source = await files.open('model.safetensors')
  t.equal(Buffer.compare(await source.read(0, weights.length), weights), 0)
})
