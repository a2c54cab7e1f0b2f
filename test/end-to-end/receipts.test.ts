import { randomUUID } from 'node:crypto'
import { choiceRequests } from '@shardline/driver'
import t from 'tap'
import { startMemoryCluster } from '../support/memory-cluster.ts'
import { judged, MODEL, proven, requestOf } from '../support/proven-answers.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const cacheFolder = sharedCacheFolder()

for (const workers of [1, 3]) {
  t.test(`the market takes the receipts of a real answer over ${workers} workers`, async (t) => {
    await using cluster = await startMemoryCluster(cacheFolder, workers, { isSecured: true })
    const it = await proven(cluster, [requestOf(cluster)])
    t.ok(it.prompt + it.output > 32, 'more than one window')
    t.same(await judged(cluster, it), { ok: true, promptTokens: it.prompt, outputTokens: it.output })
    t.equal(it.receipts.length, workers + 2)
    t.same(it.participants, cluster.pipeline.participants())
    t.equal(new Set(it.receipts.map(({ body }) => body.root)).size, workers + 2)
  })
}

t.test('choices of one prompt share one receipt of each stage', async (t) => {
  await using cluster = await startMemoryCluster(cacheFolder, 2, { isSecured: true })
  const requests = choiceRequests(requestOf(cluster, { maxTokens: 12 }), { count: 2 })
  const it = await proven(cluster, requests)
  t.equal(it.receipts.length, 4)
  t.same(await judged(cluster, it), { ok: true, promptTokens: it.prompt, outputTokens: it.output })
})

t.test('stages sign no more tokens than they computed, and no answer that was not proven', async (t) => {
  await using cluster = await startMemoryCluster(cacheFolder, 1, { isSecured: true })
  const { pipeline, identity } = cluster
  const answer = await pipeline.generate(requestOf(cluster, { maxTokens: 4 })).result
  const other = await pipeline.generate(requestOf(cluster, { maxTokens: 4, isProven: false })).result
  t.equal(other.session, undefined)
  const terms = { ask: randomUUID(), fence: 1, model: MODEL, promptTokens: 100, outputTokens: 100 }
  await t.rejects(pipeline.receipts({ sessions: [answer.session ?? ''], terms, identity }), {
    code: 'DRIVER_STAGE_FAILED',
    message: /NODE_RECEIPT_REFUSED/,
  })
  await t.rejects(pipeline.receipts({ sessions: ['s0'], terms, identity }), { code: 'NODE_EVIDENCE_MISSING' })
})

t.test('stages that prove nobody give no receipts', async (t) => {
  await using cluster = await startMemoryCluster(cacheFolder, 1)
  await t.rejects(proven(cluster, [requestOf(cluster, { maxTokens: 2 })]), {
    code: 'DRIVER_RECEIPT_INVALID',
    message: /proves nobody/,
  })
})
