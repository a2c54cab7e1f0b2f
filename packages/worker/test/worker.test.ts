import { AbortedError } from '@shardline/core'
import t from 'tap'
import type { StageRequest, WorkerModels } from '../src/worker-models.ts'
import { ToyStage, TOY_WIDTH } from './fixtures/toy-stage.ts'
import { plan, WorkerNetwork } from './fixtures/worker-network.ts'

/** Models that make toy stages and remember what was asked for. */
function toyModels(options: { readonly isSlow?: boolean } = {}) {
  const loads: string[] = []
  const stages: ToyStage[] = []
  const models: WorkerModels = {
    inspect: async (reference) => ({ reference, digest: 'digest', layerCount: 8, hiddenSize: TOY_WIDTH }),
    loadStage: async ({ reference, layers, precision, onProgress, signal }: StageRequest) => {
      loads.push(`${reference} ${layers.first}+${layers.count} ${precision}`)
      onProgress({ what: 'layer 0', doneBytes: 5, totalBytes: 10 })
      if (options.isSlow === true) {
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new AbortedError('loading'))),
        )
      }
      const stage = new ToyStage(layers)
      stages.push(stage)
      return stage
    },
    stop: async () => undefined,
  }
  return { models, loads, stages }
}

t.test('describes what it was started with', async (t) => {
  const { models } = toyModels()
  await using fixed = await WorkerNetwork.start(models, { model: 'toy', layers: { first: 2, count: 3 } })
  const driver = await fixed.dial()
  await driver.link.send({ kind: 'describe', request: 3 })
  t.match(await driver.next('description'), {
    request: 3,
    role: 'worker',
    model: { reference: 'toy', digest: 'digest', layerCount: 8, hiddenSize: TOY_WIDTH },
    layers: { first: 2, count: 3 },
    precision: 'auto',
    numericClass: 'nc-toy',
    speed: { decodeMs: 2, prefillMs: 1, layerMs: 0.5, runMs: 0.25 },
    pipelines: 0,
  })
  await using free = await WorkerNetwork.start(models)
  const other = await free.dial()
  await other.link.send({ kind: 'describe', request: 1 })
  t.match(await other.next('description'), { model: null, layers: null })
})

t.test('loads, tells how far it is, joins the next stage and passes rows on', async (t) => {
  const { models, stages } = toyModels()
  await using net = await WorkerNetwork.start(models)
  const driver = await net.dial()
  const { address, link } = await net.listenAsNext()
  await driver.link.send(plan({ next: address }))
  t.match(await driver.next('progress'), { request: 1, what: 'layer 0', doneBytes: 5, totalBytes: 10 })
  t.match(await driver.next('ready'), {
    request: 1,
    layers: { first: 0, count: 2 },
    packedBytes: 200,
    numericClass: 'nc-toy',
  })
  const next = await link
  await next.next('join')
  await driver.link.send({
    kind: 'hidden',
    pipeline: 'p',
    epoch: 1,
    hiddenSize: TOY_WIDTH,
    open: [
      { session: 'a', capacity: 10, isProven: false },
      { session: 'b', capacity: 10, isProven: false },
    ],
    segments: [
      { session: 'a', turn: 0, position: 0, rows: 2, use: 'none' },
      { session: 'b', turn: 0, position: 0, rows: 1, use: 'sample' },
    ],
    close: ['b'],
    trace: [],
    payload: Float32Array.from({ length: 12 }, (_, i) => i),
  })
  const message = await next.next('hidden')
  t.same(message.segments, [
    { session: 'b', turn: 0, position: 0, rows: 1, use: 'sample' },
    { session: 'a', turn: 0, position: 0, rows: 2, use: 'none' },
  ])
  t.same([...message.payload], [10, 11, 12, 13, 2, 3, 4, 5, 6, 7, 8, 9])
  t.same(message.open.map(({ session }) => session).toSorted(), ['a', 'b'])
  t.same(message.close, ['b'])
  t.match(message.trace, [{ node: 'w', layers: { first: 0, count: 2 }, rows: 3 }])
  t.same([...stages[0]!.lengths.values()], [2], 'the closed session is freed')
})

t.test(
  'refuses layers that it was not started with, saying which it holds and which were asked',
  async (t) => {
    const { models, loads } = toyModels()
    await using net = await WorkerNetwork.start(models, { layers: { first: 2, count: 3 } })
    const driver = await net.dial()
    await driver.link.send(plan({ next: 'ws://127.0.0.1:1', layers: { first: 0, count: 4 } }))
    const error = await driver.next('error')
    t.match(error, { request: 1, code: 'WORKER_LAYERS_NOT_HELD', isFatal: true })
    t.match(error.message, /2-4.*0-3/s)
    t.same(loads, [])
  },
)

t.test('refuses plans that do not fit the model or the role, each by name', async (t) => {
  const { models, loads } = toyModels()
  await using net = await WorkerNetwork.start(models, { model: 'toy', precision: 'int8' })
  const driver = await net.dial()
  const good = { next: 'ws://127.0.0.1:1', precision: 'int8' }
  for (const [over, code] of [
    [{ modelDigest: 'other' }, 'NODE_MODEL_MISMATCH'],
    [{ layers: { first: 6, count: 3 } }, 'WORKER_LAYERS_OUTSIDE_MODEL'],
    [{ layers: null }, 'NODE_PLAN_REFUSED'],
    [{ precision: 'f32' }, 'NODE_PRECISION_MISMATCH'],
    [{ precision: 'int3' }, 'NODE_PLAN_REFUSED'],
  ] as const) {
    await driver.link.send(plan({ ...good, ...over }))
    t.match(await driver.next('error'), { code, request: 1, isFatal: true }, JSON.stringify(over))
  }
  t.same(loads, [], 'nothing was loaded')
})

t.test('keeps a loaded stage for the next plan, and replaces it for another range', async (t) => {
  const { models, loads, stages } = toyModels()
  await using net = await WorkerNetwork.start(models)
  const driver = await net.dial()
  const { address } = await net.listenAsNext()
  const form = async (request: number, over: Partial<ReturnType<typeof plan>>) => {
    await driver.link.send(plan({ request, next: address, ...over }))
    await driver.next('ready')
  }
  await form(1, { pipeline: 'p' })
  await form(2, { pipeline: 'q' })
  t.same(loads, ['toy 0+2 auto'], 'both share it')
  await driver.link.send(plan({ request: 3, pipeline: 'r', next: address, layers: { first: 2, count: 6 } }))
  t.match(await driver.next('error'), { request: 3, code: 'NODE_STAGE_BUSY' })
  await driver.link.send({ kind: 'release', pipeline: 'p' })
  await form(4, { pipeline: 'p' })
  t.equal(loads.length, 1)
  await driver.link.send({ kind: 'release', pipeline: 'p' })
  await driver.link.send({ kind: 'release', pipeline: 'q' })
  await form(5, { pipeline: 's', layers: { first: 2, count: 6 } })
  t.same(loads, ['toy 0+2 auto', 'toy 2+6 auto'])
  t.equal(stages[0]?.isDisposed, true)
})

t.test('stands by with its layers, and takes a place without loading them again', async (t) => {
  const { models, loads, stages } = toyModels()
  await using net = await WorkerNetwork.start(models)
  const driver = await net.dial()
  await driver.link.send(plan({ pipeline: 'p.spare.1', next: null }))
  t.match(await driver.next('ready'), { pipeline: 'p.spare.1', packedBytes: 200 })
  const { address } = await net.listenAsNext()
  await driver.link.send({ kind: 'release', pipeline: 'p.spare.1' })
  await driver.link.send(plan({ request: 2, epoch: 4, next: address }))
  t.match(await driver.next('ready'), { request: 2, pipeline: 'p', epoch: 4, packedBytes: 200 })
  await driver.link.send(plan({ request: 3, pipeline: 'p.spare.2', next: null }))
  t.match(await driver.next('ready'), { pipeline: 'p.spare.2' })
  t.same(loads, ['toy 0+2 auto'])
  const other = plan({ request: 4, pipeline: 'p.spare.3', next: null, layers: { first: 2, count: 4 } })
  await driver.link.send(other)
  await driver.next('progress')
  t.match(await driver.next('ready'), { pipeline: 'p.spare.3', packedBytes: 400 })
  t.same(loads, ['toy 0+2 auto', 'toy 2+4 auto'], 'there is memory for both')
  t.equal(stages[0]?.isDisposed, false)
})

t.test('says how far the next stage is when its driver asks', async (t) => {
  const { models } = toyModels()
  await using net = await WorkerNetwork.start(models)
  const driver = await net.dial()
  const { address, link } = await net.listenAsNext()
  await driver.link.send(plan({ next: address }))
  await driver.next('ready')
  await (await link).next('join')
  await driver.link.send({ kind: 'measure', request: 9, pipeline: 'p' })
  const measured = await driver.next('measured')
  t.equal(measured.request, 9)
  t.ok((measured.nextRoundTripMs ?? -1) >= 0)
  await driver.link.send({ kind: 'measure', request: 10, pipeline: 'other' })
  t.match(await driver.next('error'), { request: 10, code: 'NODE_PIPELINE_UNKNOWN' })
})

t.test('gives loading up when the driver goes away, and can be planned again', async (t) => {
  const { models, loads } = toyModels({ isSlow: true })
  await using net = await WorkerNetwork.start(models)
  for (let round = 1; round <= 2; round++) {
    const driver = await net.dial()
    await driver.link.send(plan({ next: 'ws://127.0.0.1:1' }))
    await driver.next('progress')
    await driver.link.close('gone')
    while (net.worker.counters.pipelines > 0) await new Promise(setImmediate)
    t.equal(loads.length, round)
  }
})

t.test('frees its stage when it stops', async (t) => {
  const { models, stages } = toyModels()
  const net = await WorkerNetwork.start(models)
  const driver = await net.dial()
  const { address } = await net.listenAsNext()
  await driver.link.send(plan({ next: address }))
  await driver.next('ready')
  const stopped = net.worker.stop()
  t.match(await driver.next('leaving'), { reason: /worker w/ })
  await stopped
  t.equal(stages[0]?.isDisposed, true)
  await net[Symbol.asyncDispose]()
})
