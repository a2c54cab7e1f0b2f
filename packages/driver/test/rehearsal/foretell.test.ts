import t from 'tap'
import type { Log } from '@shardline/core'
import { ManualClock, SeededRandom, silentLog, systemClock } from '@shardline/core'
import type { DriverInit } from '../../src/index.ts'
import {
  formPipeline,
  HOP_MS,
  MEASURE_CONTEXT_TOKENS,
  MEASURE_MS_MAX,
  REHEARSAL_STEPS_MAX,
} from '../../src/index.ts'
import type { ToyClusterInit, ToyStages } from '../support/toy-cluster.ts'
import { startToyStages, toyRequest } from '../support/toy-cluster.ts'
import { toyAnswer, toyConfig, toyEmbeddings, toyTokenizer } from '../support/toy-model.ts'

interface LogLine {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

function recordingLog(lines: LogLine[]): Log {
  const note = (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    lines.push({ event, fields })
  }
  const log: Log = { ...silentLog, warn: note, info: note, child: () => log }
  return log
}

/** Forms over toy stages with a rehearsal, and says what was logged. */
async function form(
  stages: ToyStages,
  init: Partial<DriverInit> & { readonly clock?: ManualClock } = {},
): Promise<{ readonly pipeline: Awaited<ReturnType<typeof formPipeline>>; readonly lines: LogLine[] }> {
  const { clock, ...more } = init
  const lines: LogLine[] = []
  const checkpoint = {
    config: toyConfig(stages.layerCount),
    digest: 'toy-digest',
    embeddings: toyEmbeddings({ failFor: -1 }),
    tokenizer: toyTokenizer,
  }
  const pipeline = await formPipeline(
    {
      transport: stages.transport,
      clock: clock ?? systemClock,
      random: new SeededRandom(1),
      log: recordingLog(lines),
      checkpoint,
    },
    {
      workers: stages.workers.map(({ address }) => address),
      validator: stages.validator.address,
      model: 'toy',
      precision: 'f32',
      ...more,
    },
  )
  return { pipeline, lines }
}

const rowsOf = (stages: ToyStages): readonly number[] =>
  [...stages.workers, stages.validator].map((stage) => stage.rows)

const SLOPE = 1 / 128
const timed: ToyClusterInit = {
  worker: (index) => ({ rowMs: (position) => 1 + index + position * SLOPE, nextRoundTripMs: 3 }),
  validator: { rowMs: () => 0.5 },
}

t.test(
  'foretells a step by what each stage took in a rehearsal, and its growth with the cache',
  async (t) => {
    await using stages = await startToyStages(timed)
    const { pipeline, lines } = await form(stages)
    await using _closed = pipeline
    const { formed, planned } = pipeline.prediction ?? {}
    const contextTokens = formed?.contextTokens ?? 0
    t.ok(contextTokens >= MEASURE_CONTEXT_TOKENS, 'many tokens are in the cache')
    t.ok(contextTokens <= MEASURE_CONTEXT_TOKENS + 2 * REHEARSAL_STEPS_MAX)
    t.match(formed?.stages, [
      { node: 'w1', role: 'worker', layers: { first: 0, count: 3 }, isMeasured: true },
      { node: 'w2', role: 'worker', layers: { first: 3, count: 3 }, isMeasured: true },
      { node: 'v', role: 'validator', computeMs: 0.5, perTokenMs: 0, isMeasured: true },
    ])
    for (const [index, stage] of (formed?.stages ?? []).slice(0, 2).entries()) {
      t.ok(Math.abs(stage.perTokenMs - SLOPE) < SLOPE / 10, 'it grows as it was told')
      t.ok(Math.abs(stage.computeMs - (1 + index + contextTokens * SLOPE)) < 2 * SLOPE)
    }
    t.equal(planned?.stages[0]?.isMeasured, false)
    const told = lines.find(({ event }) => event === 'speed-predicted')
    t.match(told?.fields, { plannedTokenMs: planned?.tokenMs, tokenMs: formed?.tokenMs })
    t.same(stages.complaints(), [])
  },
)

t.test('leaves nothing behind: no session, no statistics, and answers as always', async (t) => {
  await using stages = await startToyStages(timed)
  const { pipeline } = await form(stages)
  await using _closed = pipeline
  t.equal(pipeline.stepMs, undefined, 'nothing has been answered yet')
  t.strictSame(
    pipeline.stages.map(({ rows, decodeComputeMs }) => [rows, decodeComputeMs]),
    [0, 1, 2, 3].map(() => [0, undefined]),
  )
  t.same((await pipeline.generate(toyRequest([1, 2])).result).tokenIds, toyAnswer([1, 2], 8, 6))
  await pipeline.generate(toyRequest([3])).result
  for (const stage of [...stages.workers, stages.validator]) t.ok(stage.sessions.size <= 1, 'it was closed')
  t.same(stages.complaints(), [])
})

t.test('runs no more rows than its bounds say', async (t) => {
  await using stages = await startToyStages()
  const { pipeline } = await form(stages)
  await using _closed = pipeline
  const rowsMax = 16 + MEASURE_CONTEXT_TOKENS + 2 * (REHEARSAL_STEPS_MAX + 3)
  for (const rows of rowsOf(stages)) t.ok(rows > 0 && rows <= rowsMax, `${rows} rows`)
})

t.test('fills no cache where that would take long', async (t) => {
  await using stages = await startToyStages({ worker: () => ({ rowMs: () => 100 }) })
  const { pipeline } = await form(stages)
  await using _closed = pipeline
  t.match(pipeline.prediction?.formed.stages[0], { computeMs: 100, perTokenMs: 0, isMeasured: true })
  t.ok((rowsOf(stages)[0] ?? 0) < MEASURE_CONTEXT_TOKENS)
})

t.test('rehearses within sessions as short as they are', async (t) => {
  for (const contextLength of [8, 12, 40, 200]) {
    await using stages = await startToyStages(timed)
    const { pipeline } = await form(stages, { contextLength })
    await using _closed = pipeline
    t.equal(pipeline.prediction?.formed.stages[0]?.isMeasured, true)
    t.same(stages.complaints(), [], 'no session is longer than it may be')
  }
})

t.test('without a step that counts the speed stays as planned, and the pipeline answers', async (t) => {
  await using stages = await startToyStages(timed)
  const { pipeline, lines } = await form(stages, { contextLength: 4 })
  await using _closed = pipeline
  const { planned, formed } = pipeline.prediction ?? {}
  t.strictSame(
    formed?.stages.map(({ computeMs }) => computeMs),
    planned?.stages.map(({ computeMs }) => computeMs),
  )
  t.equal(
    lines.find(({ event }) => event === 'pipeline-unmeasured')?.fields['code'],
    'DRIVER_REHEARSAL_ENDED',
  )
  t.same((await pipeline.generate(toyRequest([1], { maxTokens: 3 })).result).tokenIds, toyAnswer([1], 3, 6))
})

t.test('a stage that gets stuck costs no more than the time for measuring', async (t) => {
  const clock = new ManualClock()
  let isStuck = true
  await using stages = await startToyStages({
    worker: (index) => ({ isDeaf: () => isStuck && index === 1 }),
  })
  const startedMs = clock.monotonic()
  let isFormed = false
  const forming = form(stages, { clock }).finally(() => {
    isFormed = true
  })
  while (!isFormed) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(100)
  }
  const { pipeline, lines } = await forming
  await using _closed = pipeline
  const spentMs = clock.monotonic() - startedMs
  t.ok(spentMs >= MEASURE_MS_MAX && spentMs < 2 * MEASURE_MS_MAX, `${spentMs} ms`)
  t.match(lines.find(({ event }) => event === 'pipeline-unmeasured')?.fields, {
    code: 'DRIVER_REHEARSAL_ENDED',
    reason: /took more than 10000 ms/,
  })
  t.match(pipeline.prediction?.formed.stages, [{ isMeasured: false, linkMs: 1.5 + HOP_MS }])
  isStuck = false
})

t.test('a stage that is lost meanwhile ends the rehearsal, by name', async (t) => {
  let rows = 0
  await using stages = await startToyStages({
    worker: (index) => ({
      onFrame: async () => {
        rows += index
        if (rows === 8) stages.loopback.cut('memory:1')
      },
    }),
  })
  const { pipeline, lines } = await form(stages, { limits: { repairsMax: 0 } })
  await using _closed = pipeline
  const reason = lines.find(({ event }) => event === 'pipeline-unmeasured')?.fields
  t.match(reason, { code: 'DRIVER_REHEARSAL_ENDED', reason: /w2 was lost \(DRIVER_STAGE_LOST\)/ })
  t.equal(pipeline.prediction?.formed.stages[0]?.isMeasured, false)
})

t.test('forming that is given up in mid-rehearsal is given up, and nothing is left', async (t) => {
  const over = new AbortController()
  let frames = 0
  await using stages = await startToyStages({
    validator: {
      onFrame: async () => {
        frames += 1
        if (frames === 5) over.abort()
      },
    },
  })
  await t.rejects(form(stages, { signal: over.signal }), { code: 'CORE_ABORTED' })
  t.ok(frames >= 5)
  t.same(
    [...stages.workers, stages.validator].map(({ releases }) => releases),
    [1, 1, 1],
  )
})

t.test('a stage that does not say how far the next one is leaves that way unknown', async (t) => {
  await using stages = await startToyStages({
    worker: (index) => (index === 0 ? { nextRoundTripMs: 'refused' } : { nextRoundTripMs: null }),
  })
  const { pipeline, lines } = await form(stages)
  await using _closed = pipeline
  const unknown = lines.filter(({ event }) => event === 'way-unmeasured')
  t.match(unknown, [{ fields: { code: 'DRIVER_STAGE_FAILED', node: 'w1' } }])
  t.equal(unknown.length, 1)
  t.equal(pipeline.prediction?.formed.stages[0]?.isMeasured, true, 'it is rehearsed all the same')
})

t.test('says so where the measured times speak for another plan', async (t) => {
  await using stages = await startToyStages({
    worker: (index) => ({ rowMs: () => (index === 0 ? 9 : 3) }),
  })
  const { pipeline, lines } = await form(stages)
  await using _closed = pipeline
  const told = lines.find(({ event }) => event === 'plan-improvable')?.fields
  t.same(told?.['layers'], ['worker 1 (w1): 0', 'worker 2 (w2): 1-5'])
  t.equal(told?.['gain'], 9 / 5)
})

t.test(
  'does not rehearse where a pipeline takes the place of another, or where it may take no time',
  async (t) => {
    await using stages = await startToyStages()
    const { pipeline: first } = await form(stages, { limits: { measureMsMax: 0 } })
    await using _first = first
    t.same(rowsOf(stages), [0, 0, 0])
    await first[Symbol.asyncDispose]()
    const { pipeline: second } = await form(stages, { previous: first })
    await using _second = second
    t.same(rowsOf(stages), [0, 0, 0])
    t.same(second.prediction?.formed, second.prediction?.planned)
  },
)
