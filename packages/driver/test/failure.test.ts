import t from 'tap'
import { ManualClock, SeededRandom } from '@shardline/core'
import type { Answer } from '../src/index.ts'
import type { ToyCluster, ToyClusterInit } from './support/toy-cluster.ts'
import { startToyCluster as startRepairedToyCluster, testSeed, toyRequest } from './support/toy-cluster.ts'
import { toyAnswer } from './support/toy-model.ts'

const seed = testSeed()
t.comment(`SEED=${seed}`)

/** Reads an answer to its end; what it threw, and how many tokens came before. */
async function readToFailure(answer: Answer): Promise<{ readonly tokens: number; readonly error: unknown }> {
  let tokens = 0
  try {
    for await (const chunk of answer) if (chunk.token !== undefined) tokens++
  } catch (error) {
    return { tokens, error }
  }
  return { tokens, error: undefined }
}

/** Without repairs: what breaks when nothing helps. */
const startToyCluster = ({ driver, ...init }: ToyClusterInit = {}): Promise<ToyCluster> =>
  startRepairedToyCluster({ ...init, driver: { ...driver, limits: { ...driver?.limits, repairsMax: 0 } } })

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

t.test('a stage error ends only its session, names the stage, and frees every stage', async (t) => {
  let isArmed = true
  const refuse = (segment: { position: number }): { isFatal: boolean } | undefined => {
    if (!isArmed || segment.position !== 5) return undefined
    isArmed = false
    return { isFatal: false }
  }
  await using cluster = await startToyCluster({ worker: (index) => (index === 1 ? { refuse } : {}) })
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 20 }))
  const other = cluster.pipeline.generate(toyRequest([4, 5, 6, 7, 8, 9, 10], { maxTokens: 20 }))
  const { tokens, error } = await readToFailure(answer)
  t.equal(tokens, 3)
  t.match(error, { code: 'DRIVER_STAGE_FAILED', remoteCode: 'TEST_REFUSED' })
  t.match(String(error), /worker 2 \(node w2, layers 3-5, memory:1\) failed: refused by the test/)
  await t.rejects(answer.result, { code: 'DRIVER_STAGE_FAILED' })
  t.same((await other.result).tokenIds, toyAnswer([4, 5, 6, 7, 8, 9, 10], 20, cluster.layerCount))
  const later = await cluster.pipeline.generate(toyRequest([1, 2, 3])).result
  t.same(later.tokenIds, toyAnswer([1, 2, 3], 8, cluster.layerCount))
  await turns(10)
  t.same(
    [...cluster.workers, cluster.validator].map((stage) => stage.sessions.size),
    [0, 0, 0],
  )
})

t.test('a conversation whose session failed goes on with a new one', async (t) => {
  let isArmed = true
  const refuse = (segment: { position: number }): { isFatal: boolean } | undefined => {
    if (!isArmed || segment.position !== 4) return undefined
    isArmed = false
    return { isFatal: false }
  }
  await using cluster = await startToyCluster({ worker: () => ({ refuse }) })
  await using chat = await cluster.pipeline.converse({ capacity: 50 })
  await t.rejects(chat.generate(toyRequest([1, 2, 3])).result, { code: 'DRIVER_STAGE_FAILED' })
  const again = await chat.generate(toyRequest([1, 2, 3])).result
  t.equal(again.reusedTokens, 0)
  t.same(again.tokenIds, toyAnswer([1, 2, 3], 8, cluster.layerCount))
})

t.test('a fatal stage error breaks the pipeline', async (t) => {
  const refuse = (segment: { position: number }): { isFatal: boolean } | undefined =>
    segment.position === 5 ? { isFatal: true } : undefined
  await using cluster = await startToyCluster({ validator: { refuse } })
  const { error } = await readToFailure(cluster.pipeline.generate(toyRequest([1, 2, 3])))
  t.match(String(error), /the validator \(node v, memory:2\) failed/)
  t.match(cluster.pipeline.failure, { code: 'DRIVER_STAGE_FAILED' })
  await t.rejects(cluster.pipeline.generate(toyRequest([1])).result, { code: 'DRIVER_PIPELINE_CLOSED' })
  await t.rejects(cluster.pipeline.converse({ capacity: 10 }), { code: 'DRIVER_PIPELINE_CLOSED' })
})

for (const [name, index] of [
  ['the first worker', 0],
  ['a later worker', 1],
  ['the validator', 2],
] as const) {
  t.test(
    `losing ${name} in the middle of an answer is an error that names it, never a short answer`,
    async (t) => {
      await using cluster = await startToyCluster()
      const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 1000 }))
      const waiting = cluster.pipeline.generate(toyRequest([4, 5], { maxTokens: 1000 }))
      const iterator = answer[Symbol.asyncIterator]()
      for (let i = 0; i < 3; i++) await iterator.next()
      cluster.loopback.cut(`memory:${index}`)
      await t.rejects(
        (async () => {
          for (;;) if ((await iterator.next()).done === true) return
        })(),
        { code: 'DRIVER_STAGE_LOST', message: new RegExp(`memory:${index}.*is lost`) },
      )
      await t.rejects(answer.result, { code: 'DRIVER_STAGE_LOST' })
      await t.rejects(waiting.result, { code: 'DRIVER_STAGE_LOST' })
    },
  )
}

t.test('cuts at random moments never hang and never give a short answer as finished', async (t) => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 20; round++) {
    await using cluster = await startToyCluster({ workers: 2, driver: { limits: { prefillChunkRows: 4 } } })
    const answers = Array.from({ length: 4 }, () => {
      const prompt = [1 + random.integer(90), 2, 3, 4, 5, 6, 7, 8, 9]
      return { prompt, answer: cluster.pipeline.generate(toyRequest(prompt, { maxTokens: 30 })) }
    })
    await turns(random.integer(30))
    cluster.loopback.cut(`memory:${random.integer(3)}`)
    for (const { prompt, answer } of answers) {
      const outcome = await answer.result.catch((error: unknown) => error)
      if (outcome instanceof Error) t.match(outcome, { code: /^DRIVER_(STAGE_LOST|PIPELINE_CLOSED)$/ })
      else t.match(outcome, { tokenIds: toyAnswer(prompt, 30, cluster.layerCount), finishReason: 'length' })
    }
  }
})

t.test('a stage that leaves ends what runs', async (t) => {
  await using cluster = await startToyCluster()
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 1000 }))
  await answer[Symbol.asyncIterator]().next()
  await cluster.workers[1]!.leave()
  await t.rejects(answer.result, { code: 'DRIVER_STAGE_LOST', message: /it leaves: the owner stopped it/ })
})

t.test('links that live without progress break the pipeline in time', async (t) => {
  const clock = new ManualClock()
  let isDeaf = false
  await using cluster = await startToyCluster({
    clock,
    worker: (index) => (index === 1 ? { isDeaf: () => isDeaf } : {}),
    driver: { limits: { frameProgressMsMax: 1000 } },
  })
  await cluster.pipeline.generate(toyRequest([1])).result
  await turns(5)
  clock.advance(5000)
  await turns(5)
  t.equal(cluster.pipeline.failure, undefined, 'an idle pipeline is no stalled one')
  isDeaf = true
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3]))
  await turns(5)
  for (let i = 0; i < 8; i++) {
    clock.advance(250)
    await turns(2)
  }
  await t.rejects(answer.result, {
    code: 'DRIVER_PIPELINE_STALLED',
    message: /1000 ms.*worker 1.*worker 2.*the validator/,
  })
})

t.test('a slow pipeline that makes progress is not given up', async (t) => {
  const clock = new ManualClock()
  await using cluster = await startToyCluster({
    clock,
    validator: { onFrame: () => clock.sleep(900) },
    driver: { limits: { frameProgressMsMax: 1000 } },
  })
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 6 }))
  let isOver = false
  void answer.result.then(() => {
    isOver = true
  })
  for (let i = 0; i < 200 && !isOver; i++) {
    clock.advance(100)
    await turns(4)
  }
  t.same((await answer.result).tokenIds, toyAnswer([1, 2, 3], 6, cluster.layerCount))
})

t.test('an embedding row that can not be read ends only the sessions that need it', async (t) => {
  await using cluster = await startToyCluster({ failEmbeddingOf: 50 })
  const [bad, good] = [[50], [1]].map((prompt) =>
    cluster.pipeline.generate(toyRequest(prompt, { maxTokens: 1 })),
  )
  await t.rejects(bad!.result, { message: /the row of 50/ })
  t.same((await good!.result).tokenIds, toyAnswer([1], 1, cluster.layerCount))
  await turns(5)
  t.equal(cluster.workers[0]!.sessions.size, 0)
})

t.test('a token that nobody asked for ends its session', async (t) => {
  await using cluster = await startToyCluster({ worker: () => ({ isDeaf: () => true }) })
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3]))
  await turns(5)
  const { id, epoch } = cluster.pipeline
  const token = { session: 's1', position: 77, id: 1, logprob: 0, top: [], isStop: false, window: null }
  await cluster.validator.tell({
    kind: 'tokens',
    pipeline: id,
    epoch,
    tokens: [token],
    scores: [],
    trace: [],
  })
  await t.rejects(answer.result, {
    code: 'DRIVER_STAGE_ANSWER_UNEXPECTED',
    message: /position 77 of session s1/,
  })
})

t.test('closing the pipeline ends what runs, releases every stage, and closes every link', async (t) => {
  const cluster = await startToyCluster()
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 1000 }))
  await answer[Symbol.asyncIterator]().next()
  await cluster.pipeline[Symbol.asyncDispose]()
  await t.rejects(answer.result, { code: 'DRIVER_PIPELINE_CLOSED' })
  await turns(3)
  t.same(
    [...cluster.workers, cluster.validator].map((stage) => stage.releases),
    [1, 1, 1],
  )
  await cluster[Symbol.asyncDispose]()
  t.equal(cluster.loopback.openCount, 0)
})

t.test('an answer can be read by one loop only', async (t) => {
  await using cluster = await startToyCluster()
  const answer = cluster.pipeline.generate(toyRequest([1]))
  answer[Symbol.asyncIterator]()
  t.throws(() => answer[Symbol.asyncIterator](), { code: 'DRIVER_ANSWER_TAKEN' })
})
