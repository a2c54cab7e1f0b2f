import { resolveSampling } from '@shardline/engine'
import t from 'tap'
import { startLocalCluster } from '../../src/index.ts'
import { parseRoleMessage } from '../../src/cluster/role-message.ts'
import { isAlive } from '../support/processes.ts'
import { MODEL } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cacheFolder = sharedCache()

t.test('clusters in one process and over two workers give the same bits', async (t) => {
  const digests: (string | undefined)[] = []
  for (const workers of [0, 2]) {
    await using cluster = await startLocalCluster({ model: MODEL, workers, cacheFolder, threads: 1 })
    const { checkpoint, pipeline } = cluster
    const tokenizer = await checkpoint.tokenizer()
    const answer = pipeline.generate({
      promptTokenIds: tokenizer.encode('Once upon a time'),
      maxTokens: 8,
      sampling: resolveSampling({}, { vocabularySize: checkpoint.config.vocabularySize }),
      stopStrings: [],
      isDigestWanted: true,
      signal: undefined,
    })
    digests.push((await answer.result).digest)
    t.equal(cluster.processes.length, Math.max(workers, 1) + 2)
    const others = cluster.processes.map(({ pid }) => pid).filter((pid) => pid !== process.pid)
    t.equal(new Set(others).size, workers === 0 ? 0 : workers + 1)
    await cluster.stop()
    await cluster.stop()
    t.same(others.filter(isAlive), [], 'nothing is left after stop')
  }
  t.match(digests[0], /^[0-9a-f]{64}$/)
  t.equal(digests[1], digests[0])
})

t.test('a start that is given up leaves nothing', async (t) => {
  const giveUp = new AbortController()
  const starting = startLocalCluster({ model: MODEL, workers: 1, cacheFolder, signal: giveUp.signal })
  setTimeout(() => giveUp.abort(), 150)
  await t.rejects(starting, { code: 'CORE_ABORTED' })
})

t.test('a cluster that cannot be formed leaves nothing', async (t) => {
  const layers = [{ first: 0, count: 3 }]
  await t.rejects(startLocalCluster({ model: MODEL, workers: 1, layers, cacheFolder }), {
    code: 'DRIVER_PLAN_LAYERS_MISSING',
  })
})

t.test('messages between processes are checked', async (t) => {
  t.same(parseRoleMessage({ kind: 'ready', address: 'ws://a:1' }), { kind: 'ready', address: 'ws://a:1' })
  const failed = parseRoleMessage({ kind: 'failed', report: { code: 'A_B', message: 'm', advice: 'x' } })
  t.match(failed, { kind: 'failed', report: { code: 'A_B', message: 'm', advice: 'x', retryable: false } })
  for (const value of [
    undefined,
    null,
    7,
    'ready',
    {},
    { kind: 'ready' },
    { kind: 'failed' },
    { kind: 'x' },
  ]) {
    t.equal(parseRoleMessage(value), undefined)
  }
})
