import t from 'tap'
import { ManualClock } from '@shardline/core'
import type { StageProgress } from '../src/index.ts'
import { startToyStages, toyRequest } from './support/toy-cluster.ts'
import { toyAnswer } from './support/toy-model.ts'

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

t.test('plans, loads and links the stages, and takes them down again', async (t) => {
  await using stages = await startToyStages({ workers: 3, layerCount: 7 })
  const pipeline = await stages.form()
  t.same(
    stages.workers.map((worker) => worker.plan?.next),
    ['memory:1', 'memory:2', 'memory:3'],
  )
  t.equal(stages.validator.plan?.next, null)
  t.equal(stages.validator.plan?.layers, null)
  t.match(stages.workers[0]?.plan, {
    model: 'toy',
    modelDigest: 'toy-digest',
    precision: 'f32',
    contextLength: 4096,
  })
  t.equal(pipeline.epoch, 1)
  await pipeline[Symbol.asyncDispose]()
  t.same(
    [...stages.workers, stages.validator].map((stage) => stage.releases),
    [1, 1, 1, 1],
  )
})

t.test('refuses a pipeline without workers', async (t) => {
  await using stages = await startToyStages({ workers: 0 })
  await t.rejects(stages.form(), { code: 'DRIVER_WORKERS_MISSING' })
})

t.test('gives faster nodes more layers', async (t) => {
  const speeds = [
    { decodeMs: 1, prefillMs: 1, layerMs: 0, runMs: 0 },
    { decodeMs: 3, prefillMs: 3, layerMs: 0, runMs: 0 },
  ]
  await using stages = await startToyStages({
    layerCount: 8,
    worker: (index) => ({ description: { speed: speeds[index]! } }),
  })
  await using pipeline = await stages.form()
  t.same(
    pipeline.stages.map((stage) => stage.layers?.count),
    [undefined, 6, 2, undefined],
  )
})

t.test('orders workers by the ranges that they were started for', async (t) => {
  const layers = [
    { first: 4, count: 2 },
    { first: 0, count: 4 },
  ]
  await using stages = await startToyStages({
    worker: (index) => ({ description: { layers: layers[index]! } }),
  })
  await using pipeline = await stages.form()
  t.same(
    pipeline.stages.map((stage) => stage.node),
    ['driver', 'w2', 'w1', 'v'],
  )
  t.same((await pipeline.generate(toyRequest([1])).result).tokenIds, toyAnswer([1], 8, 6))
})

t.test('takes ranges by hand, and says which layers are missing or doubled', async (t) => {
  await using stages = await startToyStages()
  const given = [
    { first: 0, count: 1 },
    { first: 1, count: 5 },
  ]
  const pipeline = await stages.form({ layers: given })
  t.same(
    stages.workers.map((worker) => worker.layers),
    given,
  )
  await pipeline[Symbol.asyncDispose]()
  const gap = stages.form({
    layers: [
      { first: 0, count: 2 },
      { first: 3, count: 1 },
    ],
  })
  await t.rejects(gap, { code: 'DRIVER_PLAN_LAYERS_MISSING', message: /no worker holds layers 2, 4-5 of 6/ })
  const twice = stages.form({
    layers: [
      { first: 0, count: 4 },
      { first: 2, count: 4 },
    ],
  })
  await t.rejects(twice, {
    code: 'DRIVER_PLAN_LAYERS_DOUBLED',
    message: /layers 2-3 are held by both worker 1 .*worker 2/,
  })
  const outside = stages.form({
    layers: [
      { first: 0, count: 3 },
      { first: 3, count: 4 },
    ],
  })
  await t.rejects(outside, {
    code: 'DRIVER_PLAN_LAYERS_OUT_OF_RANGE',
    message: /layers 3-6, but the model has layers 0-5/,
  })
  await t.rejects(stages.form({ layers: [{ first: 0, count: 6 }] }), { code: 'DRIVER_PLAN_RANGES_CONFLICT' })
})

t.test('refuses nodes that do not fit their place, by name', async (t) => {
  const model = { reference: 'other', digest: 'abcdef', layerCount: 6, hiddenSize: 4 }
  const cases = [
    [
      { role: 'validator' as const },
      /worker 1 \(node w1, memory:0\) can't take its place: it is a validator, not a worker/,
    ],
    [{ model }, /has the digest abcdef, this one has toy-digest/],
    [{ model: { ...model, layerCount: 7 } }, /has 7 layers, this one has 6/],
    [{ model: { ...model, hiddenSize: 8 } }, /is 8 wide, this one is 4/],
    [
      { model: { ...model, digest: 'toy-digest' }, precision: 'int8' },
      /was started with precision int8, the pipeline has f32/,
    ],
  ] as const
  for (const [description, message] of cases) {
    await using stages = await startToyStages({ worker: (index) => (index === 0 ? { description } : {}) })
    await t.rejects(stages.form(), { code: 'DRIVER_STAGE_UNSUITABLE', message })
    await turns(3)
    t.equal(stages.loopback.openCount, 0, 'nothing is left behind')
  }
})

t.test('says how much memory is missing', async (t) => {
  const memory = { freeBytes: 1000, residentBytes: 0 }
  await using stages = await startToyStages({
    worker: () => ({ description: { memory } }),
    driver: { contextLength: 16 },
  })
  await t.rejects(stages.form(), {
    code: 'DRIVER_MODEL_TOO_LARGE',
    message: /6 layers on 2 workers.*missing/,
  })
  await using small = await startToyStages({ validator: { description: { memory } } })
  await t.rejects(small.form(), { code: 'DRIVER_MODEL_TOO_LARGE', message: /the head on the validator/ })
})

t.test('names a node that can not be reached', async (t) => {
  await using stages = await startToyStages()
  await t.rejects(stages.form({ workers: ['memory:0', 'memory:nowhere'] }), {
    code: 'DRIVER_STAGE_UNREACHABLE',
    message: /worker 2 \(memory:nowhere\) can't be reached/,
  })
  await turns(3)
  t.equal(stages.loopback.openCount, 0)
})

t.test('a stage that fails to load undoes everything', async (t) => {
  const onLoad = (): Promise<void> => Promise.reject(new Error('no space left'))
  await using stages = await startToyStages({ worker: (index) => (index === 1 ? { onLoad } : {}) })
  await t.rejects(stages.form(), {
    code: 'DRIVER_STAGE_FAILED',
    message: /worker 2 \(node w2, layers 3-5, memory:1\) failed: no space left \[TEST_LOAD\]/,
  })
  await turns(3)
  t.same(
    [...stages.workers, stages.validator].map((stage) => stage.releases),
    [1, 1, 1],
  )
})

t.test('a validator that goes while workers load ends the forming', async (t) => {
  await using stages = await startToyStages({
    worker: () => ({ onLoad: () => new Promise(() => undefined) }),
  })
  const forming = stages.form()
  forming.catch(() => undefined)
  await turns(10)
  stages.loopback.cut('memory:2')
  await t.rejects(forming, {
    code: 'DRIVER_STAGE_LOST',
    message: /the validator \(node v, memory:2\) is lost/,
  })
})

t.test('gives up a silent stage, but not one that is slow and says so', async (t) => {
  for (const isSilent of [true, false]) {
    const clock = new ManualClock()
    const onLoad = async (
      plan: { request: number },
      link: { send: (message: never) => Promise<void> },
    ): Promise<void> => {
      for (let done = 1; done <= 5; done++) {
        await clock.sleep(800)
        const progress = {
          kind: 'progress',
          request: plan.request,
          what: 'packing',
          doneBytes: done,
          totalBytes: 5,
        }
        if (!isSilent) await link.send(progress as never)
      }
    }
    const seen: StageProgress[] = []
    await using stages = await startToyStages({
      clock,
      worker: (index) => (index === 0 ? { onLoad } : {}),
      driver: { limits: { stageProgressMsMax: 1000 }, onProgress: (progress) => seen.push(progress) },
    })
    const forming = stages.form()
    forming.catch(() => undefined)
    for (let i = 0; i < 60; i++) {
      await turns(4)
      clock.advance(100)
    }
    if (isSilent)
      await t.rejects(forming, { code: 'DRIVER_STAGE_SILENT', message: /worker 1 .*no sign for 1000 ms/ })
    else {
      await using pipeline = await forming
      t.equal(pipeline.failure, undefined)
      t.same(
        seen.map(({ stage, doneBytes }) => [stage.index, doneBytes]),
        [1, 2, 3, 4, 5].map((done) => [0, done]),
      )
    }
  }
})

t.test('can be given up', async (t) => {
  await using stages = await startToyStages({
    worker: () => ({ onLoad: () => new Promise(() => undefined) }),
  })
  const stop = new AbortController()
  const forming = stages.form({ signal: stop.signal })
  setImmediate(() => stop.abort())
  await t.rejects(forming, { code: 'CORE_ABORTED' })
  await turns(3)
  t.equal(stages.loopback.openCount, 0)
})

t.test('takes the place of a pipeline: same id, next epoch, as few layers moved as possible', async (t) => {
  await using stages = await startToyStages({ workers: 3, layerCount: 9 })
  const first = await stages.form({
    layers: [
      { first: 0, count: 2 },
      { first: 2, count: 5 },
      { first: 7, count: 2 },
    ],
  })
  await first[Symbol.asyncDispose]()
  const workers = ['memory:2', 'memory:0', 'memory:1']
  await using second = await stages.form({ workers, previous: first })
  t.equal(second.id, first.id)
  t.equal(second.epoch, 2)
  t.same(
    second.stages.map(({ node, layers }) => [node, layers]),
    first.stages.map(({ node, layers }) => [node, layers]),
  )
})
