import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SeededRandom, silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { SHARED_BLOCK_BYTES } from '../../src/limits.ts'
import { ListedFiles } from '../../src/source/listed-files.ts'
import { openLocalFiles } from '../../src/source/local-files.ts'
import { sourceCacheUsage } from '../../src/source/source-cache.ts'
import { slowFilePeer } from '../support/slow-file-peer.ts'
import { tempFolder } from '../support/temp-folder.ts'

const CHILD = fileURLToPath(new URL('../support/listed-child.ts', import.meta.url))
const BLOCKS = 40

t.test('a node that was killed while it fetched from others goes on where it stopped', async (t) => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'model.gguf')
  const content = new SeededRandom(5).bytes(BLOCKS * SHARED_BLOCK_BYTES)
  await writeFile(path, content)
  const cacheFolder = join(folder.path, 'cache')
  const flags = ['--import', 'tsx', '--conditions=shardline-source']
  const child = spawn(process.execPath, [...flags, CHILD, path, cacheFolder], { stdio: 'inherit' })
  const exit = once(child, 'exit')
  const fetchedBytes = async (): Promise<number> =>
    (await sourceCacheUsage(cacheFolder).catch(() => undefined))?.totalBytes ?? 0
  while ((await fetchedBytes()) < 8 * SHARED_BLOCK_BYTES && child.exitCode === null) await sleep(5)
  child.kill('SIGKILL')
  t.same(await exit, [null, 'SIGKILL'], 'it was in the middle')

  await using own = await openLocalFiles({
    reference: path,
    path,
    wanted: undefined,
    cacheFolder: `${cacheFolder}-own`,
  })
  const file = await own.share('model.gguf')
  if (file === undefined) throw new Error('a whole file can be shared')
  const peer = slowFilePeer(file, { pauseMs: 0 })
  await using files = new ListedFiles({
    clock: systemClock,
    random: new SeededRandom(1),
    log: silentLog,
    reference: 'example/model',
    files: [file.listed],
    cacheFolder,
  })
  files.crew.add(peer)
  const source = await files.open('model.gguf')
  t.equal(Buffer.compare(await source.read(0, content.length), content), 0)
  t.ok(
    peer.blocks.length > 0 && peer.blocks.length <= BLOCKS - 6,
    `${peer.blocks.length} of ${BLOCKS} blocks were missing`,
  )
  t.equal((await sourceCacheUsage(cacheFolder)).models[0]?.isComplete, true)
})
