import t from 'tap'
import { SeededRandom } from '@shardline/core'
import type { AnswerChunk } from '../../src/index.ts'
import { LoopbackTransport } from '../support/loopback-transport.ts'
import { StageDouble } from '../support/stage-double.ts'
import { startToyCluster, testSeed, toyRequest } from '../support/toy-cluster.ts'
import { toyAnswer } from '../support/toy-model.ts'

const seed = testSeed()
t.comment(`SEED=${seed}`)

/** Stages here know no reform, so that every repair plans anew. */
const QUICK = {
  repairRetryMsMin: 1,
  repairRetryMsMax: 2,
  spareRetryMsMin: 1,
  spareRetryMsMax: 2,
  reformMsMax: 50,
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

t.test('the layers of a lost worker go to those that are left, and answers go on', async (t) => {
  await using cluster = await startToyCluster({ workers: 3, driver: { limits: QUICK } })
  const prompts = [
    [1, 2, 3],
    [4, 5],
    [6, 7, 8, 9],
  ]
  const running = prompts.map((prompt) => cluster.pipeline.generate(toyRequest(prompt, { maxTokens: 60 })))
  const chunks: AnswerChunk[] = []
  const [first] = running
  for await (const chunk of first!) {
    chunks.push(chunk)
    if (chunks.length === 5) cluster.loopback.cut('memory:1')
  }
  for (const [index, prompt] of prompts.entries()) {
    const { tokenIds, finishReason } = await running[index]!.result
    t.same(tokenIds, toyAnswer(prompt, 60, cluster.layerCount))
    t.equal(finishReason, 'length')
  }
  const restaged = chunks.filter((chunk) => chunk.restaged !== undefined)
  t.equal(restaged.length, 1, 'the reader is told once')
  t.same(
    restaged[0]?.restaged?.map(({ node, layers }) => [node, layers]),
    [
      ['driver', undefined],
      ['w1', { first: 0, count: 3 }],
      ['w3', { first: 3, count: 3 }],
      ['v', undefined],
    ],
  )
  const { pipeline } = cluster
  t.match(pipeline.repairs, { repairs: 1, failures: 0, replacedStages: 1, restartedSessions: 3 })
  t.ok(pipeline.epoch > 1)
  // A double whose neighbour is cut off has nowhere to send.
  t.same(
    cluster.complaints().filter((complaint) => !complaint.includes('LinkClosedError')),
    [],
  )
})

t.test('cuts at random moments end no answer while a worker and the validator are left', async (t) => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 10; round++) {
    const limits = { ...QUICK, prefillChunkRows: 4 }
    await using cluster = await startToyCluster({ workers: 3, driver: { limits } })
    const answers = Array.from({ length: 4 }, () => {
      const prompt = [1 + random.integer(90), 2, 3, 4, 5, 6, 7, 8, 9]
      return { prompt, answer: cluster.pipeline.generate(toyRequest(prompt, { maxTokens: 30 })) }
    })
    await using chat = await cluster.pipeline.converse({ capacity: 100 })
    const before = await chat.generate(toyRequest([5, 6], { maxTokens: 3 })).result
    for (const victim of [0, 1]) {
      await turns(random.integer(30))
      cluster.loopback.cut(`memory:${victim}`)
    }
    for (const { prompt, answer } of answers) {
      t.same((await answer.result).tokenIds, toyAnswer(prompt, 30, cluster.layerCount))
    }
    const context = [5, 6, ...before.tokenIds, 7]
    const after = await chat.generate(toyRequest(context, { maxTokens: 5 })).result
    t.same(after.tokenIds, toyAnswer(context, 5, cluster.layerCount), 'a conversation goes on too')
  }
})

t.test('what was on its way goes again, however little may be on its way', async (t) => {
  const prompts = [
    [1, 2, 3],
    [4, 5],
    [6, 7, 8, 9],
  ]
  const tokenIds = Array.from({ length: 200 }, (_, index) => 1 + (index % 90))
  for (let cutAt = 1; cutAt < 10; cutAt++) {
    // A chunk of each scoring fills the pipeline, and so do two frames.
    const limits = { ...QUICK, prefillChunkRows: 4, prefillRowsInFlightMax: 8, framesInFlightMax: 2 }
    await using cluster = await startToyCluster({ workers: 3, driver: { limits } })
    const { pipeline, loopback } = cluster
    const score = { tokenIds, top: 0, isDigestWanted: false, signal: undefined }
    const scorings = [pipeline.score(score), pipeline.score(score)]
    const answers = prompts.map((prompt) => pipeline.generate(toyRequest(prompt, { maxTokens: 30 })))
    let chunks = 0
    for await (const _ of answers[0]!) if (++chunks === cutAt) loopback.cut('memory:1')
    for (const { logprobs } of await Promise.all(scorings)) t.equal(logprobs.length, tokenIds.length - 1)
    for (const [index, prompt] of prompts.entries()) {
      t.same((await answers[index]!.result).tokenIds, toyAnswer(prompt, 30, cluster.layerCount))
    }
    t.equal(pipeline.repairs.repairs, 1, `cut at chunk ${cutAt}`)
  }
})

t.test('a validator that nobody can replace breaks the pipeline after the last attempt', async (t) => {
  await using cluster = await startToyCluster({ driver: { limits: { ...QUICK, repairsMax: 3 } } })
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 1000 }))
  await answer[Symbol.asyncIterator]().next()
  cluster.loopback.cut('memory:2')
  await t.rejects(answer.result, { code: 'DRIVER_STAGE_LOST', message: /the validator/ })
  t.match(cluster.pipeline.repairs, { repairs: 0, failures: 1 })
  t.equal(cluster.pipeline.epoch, 4, 'every attempt has its epoch')
})

t.test('a node that listens again gets its part back', async (t) => {
  await using cluster = await startToyCluster({ driver: { limits: { ...QUICK, repairsMax: 1000 } } })
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 50 }))
  await answer[Symbol.asyncIterator]().next()
  cluster.loopback.cut('memory:2')
  await turns(20)
  const init = { address: 'memory:2', role: 'validator', layerCount: cluster.layerCount, node: 'v' } as const
  const double = await new StageDouble(cluster.transport, init).start()
  t.same((await answer.result).tokenIds, toyAnswer([1, 2, 3], 50, cluster.layerCount))
  t.same(double.complaints, [])
  await double.stop()
})

t.test('while a repair runs, an abort ends an answer at once, and closing ends the repair', async (t) => {
  const limits = { ...QUICK, repairRetryMsMin: 60_000, repairRetryMsMax: 60_000 }
  const cluster = await startToyCluster({ driver: { limits } })
  cluster.loopback.cut('memory:2')
  await turns(5)
  const stop = new AbortController()
  const aborted = cluster.pipeline.generate(toyRequest([1, 2], { signal: stop.signal }))
  const waiting = cluster.pipeline.generate(toyRequest([3, 4]))
  const refused = t.rejects(waiting.result, { code: 'DRIVER_PIPELINE_CLOSED' })
  await turns(5)
  stop.abort()
  t.equal((await aborted.result).finishReason, 'aborted')
  t.equal(cluster.pipeline.failure, undefined, 'the repair still runs')
  await cluster[Symbol.asyncDispose]()
  await refused
  t.equal(cluster.loopback.openCount, 0)
})

t.test('nodes that were reached for a repair that failed are let go', async (t) => {
  const cluster = await startToyCluster({ workers: 3, driver: { limits: { ...QUICK, repairsMax: 3 } } })
  // The validator is gone for good; of the first worker only the link.
  cluster.loopback.cut('memory:3')
  for (const { address, link } of cluster.loopback.links) if (address === 'memory:0') link.cut()
  while (cluster.pipeline.failure === undefined) await turns(1)
  t.match(cluster.pipeline.failure, { code: 'DRIVER_STAGE_LOST' })
  await turns(20)
  await cluster[Symbol.asyncDispose]()
  t.equal(cluster.loopback.openCount, 0)
})

t.test('spares load the parts that fewest others have, each as much as it holds', async (t) => {
  const transport = new LoopbackTransport()
  const spares = await Promise.all(
    ['a', 'b', 'v2'].map((node) => {
      const role = node === 'v2' ? 'validator' : 'worker'
      return new StageDouble(transport, { address: `memory:${node}`, node, role, layerCount: 6 }).start()
    }),
  )
  await using cluster = await startToyCluster({
    transport,
    driver: {
      limits: QUICK,
      spares: { workers: ['memory:a', 'memory:b', 'memory:gone'], validators: ['memory:v2'] },
    },
  })
  const plansOf = (spare: StageDouble | undefined): readonly unknown[] =>
    spare?.received.flatMap((message) => (message.kind === 'plan' ? [message.layers] : [])) ?? []
  while (plansOf(spares[0]).length < 2 || plansOf(spares[1]).length < 2 || plansOf(spares[2]).length < 1)
    await turns(1)
  const both = [
    { first: 0, count: 3 },
    { first: 3, count: 3 },
  ]
  t.same(new Set(plansOf(spares[0])), new Set(both))
  t.same(new Set(plansOf(spares[1])), new Set(both))
  t.same(plansOf(spares[2]), [null])
  const ids = spares.flatMap(({ received }) =>
    received.flatMap((message) => (message.kind === 'plan' ? [message.pipeline] : [])),
  )
  t.equal(new Set(ids).size, 5, 'each under an id of its own')
  t.ok(ids.every((id) => id.startsWith(`${cluster.pipeline.id}.spare.`)))
  for (const spare of spares) await spare.stop()
})
