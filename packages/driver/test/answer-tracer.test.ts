import t from 'tap'
import type { AnswerTracer, StageEvent, TracedAnswer, TracedEnd, TracedStep } from '../src/index.ts'
import { startToyCluster, toyRequest } from './support/toy-cluster.ts'

/** What was told of one answer. */
interface Told {
  readonly answer: TracedAnswer
  readonly steps: TracedStep[]
  readonly events: StageEvent[]
  readonly ends: TracedEnd[]
}

function listen(): AnswerTracer & { readonly told: readonly Told[] } {
  const told: Told[] = []
  return {
    told,
    begin: (answer) => {
      const one: Told = { answer, steps: [], events: [], ends: [] }
      told.push(one)
      return {
        step: (step) => one.steps.push(step),
        event: (event) => one.events.push(event),
        end: (end) => one.ends.push(end),
      }
    },
  }
}

t.test('each trip of rows through the stages is told, with what each stage did', async (t) => {
  const tracer = listen()
  await using cluster = await startToyCluster({ tracer, driver: { limits: { prefillChunkRows: 4 } } })
  await cluster.pipeline.generate(toyRequest([1, 2, 3, 4, 5, 6], { maxTokens: 5 })).result
  const [one] = tracer.told
  t.match(one?.answer, { pipeline: cluster.pipeline.id, promptTokens: 6, ask: undefined })
  t.same(one?.ends, [{ finishReason: 'length', tokens: 5, reusedTokens: 0 }])
  const steps = one?.steps ?? []
  t.equal(steps.filter(({ isDecode }) => isDecode).length, 4, 'the first token comes with the prompt')
  t.equal(
    steps.filter(({ isDecode }) => !isDecode).reduce((sum, { rows }) => sum + rows, 0),
    6,
  )
  for (const step of steps) {
    t.ok(step.landedMs >= step.sentMs)
    t.same(
      step.stages.map(({ node }) => node),
      ['w1', 'w2', 'v'],
    )
  }
})

t.test('answers are told apart, also where a frame has rows of several', async (t) => {
  const tracer = listen()
  await using cluster = await startToyCluster({ tracer })
  const answers = [3, 5, 7].map((maxTokens) => cluster.pipeline.generate(toyRequest([1, 2], { maxTokens })))
  for (const answer of answers) await answer.result
  t.same(
    tracer.told.map(({ ends, steps }) => [ends, steps.filter(({ isDecode }) => isDecode).length]),
    [3, 5, 7].map((tokens) => [[{ finishReason: 'length', tokens, reusedTokens: 0 }], tokens - 1]),
  )
})

t.test('a lost stage, and those that go on, are told to the answers that run', async (t) => {
  const tracer = listen()
  const limits = { repairRetryMsMin: 1, repairRetryMsMax: 2, reformMsMax: 50 }
  await using cluster = await startToyCluster({ tracer, workers: 3, driver: { limits } })
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 30 }))
  let tokens = 0
  for await (const chunk of answer)
    if (chunk.token !== undefined && ++tokens === 5) cluster.loopback.cut('memory:1')
  const { events = [], ends } = tracer.told[0] ?? {}
  t.match(events[0], { name: 'stage-lost', kind: String, code: /^DRIVER_STAGE_/ })
  t.same(
    events.flatMap((event) => (event.name === 'stages-replaced' ? [event.nodes] : [])),
    [['driver', 'w1', 'w3', 'v']],
  )
  t.match(ends, [{ finishReason: 'length', tokens: 30 }])
})

t.test('the end is told once, however it comes', async (t) => {
  const tracer = listen()
  await using cluster = await startToyCluster({ tracer })
  await t.rejects(cluster.pipeline.generate(toyRequest([])).result)
  const controller = new AbortController()
  const stopped = cluster.pipeline.generate(toyRequest([1, 2], { maxTokens: 500, signal: controller.signal }))
  for await (const chunk of stopped) if (chunk.token !== undefined) controller.abort()
  const broken = cluster.pipeline.generate(toyRequest([1, 2], { maxTokens: 500 }))
  const outcome = t.rejects(broken.result)
  await cluster.pipeline[Symbol.asyncDispose]()
  await outcome
  t.match(
    tracer.told.map(({ ends }) => ends),
    [
      [{ code: 'DRIVER_REQUEST_INVALID' }],
      [{ finishReason: 'aborted' }],
      [{ code: 'DRIVER_PIPELINE_CLOSED' }],
    ],
  )
  t.same(
    tracer.told.map(({ ends }) => ends.length),
    [1, 1, 1],
  )
})
