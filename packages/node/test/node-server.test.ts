import { AbortedError, InvalidValueError } from '@shardline/core'
import t from 'tap'
import { frame, rowsBySession } from './fixtures/frames.ts'
import { plan, ToyNetwork } from './fixtures/toy-network.ts'

const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause()
}

for (const transport of ['memory', 'websocket'] as const) {
  t.test(`over ${transport}`, async (t) => {
    t.test('describes itself', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const driver = await net.dial()
      await driver.link.send({ kind: 'describe', request: 7 })
      t.match(await driver.next('description'), {
        request: 7,
        node: 'toy',
        role: 'worker',
        numericClass: 'toy',
        pipelines: 0,
      })
    })

    t.test('plans, joins the next stage, runs, and releases', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const { driver, next } = await net.formed()
      t.match(await driver.next('ready'), {
        request: 1,
        pipeline: 'p',
        epoch: 1,
        packedBytes: 12,
        numericClass: 'toy',
      })
      t.same(await next.next('join'), { kind: 'join', pipeline: 'p', epoch: 1 })
      t.equal(net.server.counters.pipelines, 1)
      await driver.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1, 2] }] }))
      await driver.link.send(frame({ rows: [{ session: 'a', position: 2, use: 'sample', values: [3] }] }))
      await next.until(() => next.hidden.length === 2)
      t.same(rowsBySession(next.hidden).get('a'), [2, 5, 9])
      await driver.link.send({ kind: 'release', pipeline: 'p' })
      await next.until(() => next.isEnded)
      await until(() => net.released.length > 0 && net.server.counters.pipelines === 0)
      t.same(net.released, ['p/1'])
      t.equal(net.work.sessions.size, 0)
      t.same(driver.errors, [])
    })

    t.test('takes frames only from the link that planned or joined', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const upstream = await net.dial('w0')
      await upstream.link.send({ kind: 'join', pipeline: 'p', epoch: 1 })
      const { next } = await net.formed()
      await upstream.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }))
      await next.until(() => next.hidden.length === 1)
      const stranger = await net.dial('stranger')
      await stranger.link.send(frame({ rows: [{ session: 'a', position: 1, values: [9] }] }))
      t.match(await stranger.next('error'), { code: 'NODE_NOT_JOINED', pipeline: 'p', sessions: ['a'] })
      await stranger.link.send({ kind: 'join', pipeline: 'p', epoch: 1 })
      t.match(await stranger.next('error', 1), { code: 'NODE_JOIN_TAKEN' })
      await stranger.link.send({ kind: 'release', pipeline: 'p' })
      await upstream.link.send(frame({ rows: [{ session: 'a', position: 1, values: [2] }] }))
      await next.until(() => next.hidden.length === 2)
      t.same(rowsBySession(next.hidden).get('a'), [2, 5], 'the stranger changed nothing')
    })

    t.test('drops frames of an earlier epoch and refuses those of an unknown one', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const { driver, next } = await net.formed({ epoch: 5 })
      await driver.link.send(
        frame({ epoch: 4, open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }),
      )
      await driver.link.send(frame({ epoch: 6, rows: [{ session: 'a', position: 0, values: [1] }] }))
      t.match(await driver.next('error'), { code: 'NODE_EPOCH_UNKNOWN', pipeline: 'p', sessions: ['a'] })
      await driver.link.send(
        frame({ epoch: 5, open: ['a'], rows: [{ session: 'a', position: 0, values: [4] }] }),
      )
      await next.until(() => next.hidden.length === 1)
      t.same(rowsBySession(next.hidden).get('a'), [8])
      t.equal(driver.errors.length, 1)
      t.match(net.server.counters, { staleFrames: 1, refusals: 1 })
    })

    t.test(
      'replaces a pipeline by a plan with a higher epoch, and refuses any other second plan',
      async (t) => {
        await using net = await ToyNetwork.start({ transport, settings: { pipelinesMax: 2 } })
        const { driver, next } = await net.formed()
        await driver.link.send(frame({ open: ['a'] }))
        await next.until(() => next.hidden.length === 1)
        await driver.link.send(plan({ request: 2 }))
        t.match(await driver.next('error'), { request: 2, code: 'NODE_PLAN_STALE', isFatal: true })
        const rival = await net.dial('rival')
        await rival.link.send(plan({ epoch: 9 }))
        t.match(await rival.next('error'), { request: 1, code: 'NODE_PIPELINE_TAKEN' })
        const later = await net.listenAsNext('later')
        await driver.link.send(plan({ request: 3, epoch: 2, next: later.address }))
        t.match(await driver.next('ready', 1), { request: 3, epoch: 2 })
        await next.until(() => next.isEnded)
        t.same(net.released, ['p/1'])
        t.equal(net.work.sessions.size, 0, 'sessions of the earlier formation are freed')
        await driver.link.send(plan({ request: 4, pipeline: 'q' }))
        await driver.next('ready', 2)
        await driver.link.send(plan({ request: 5, pipeline: 'r' }))
        t.match(await driver.next('error', 1), { request: 5, code: 'NODE_PIPELINES_FULL' })
      },
    )

    t.test('serves two drivers at once and keeps their sessions apart', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const p = await net.formed({ pipeline: 'p' })
      const q = await net.formed({ pipeline: 'q' })
      for (let i = 0; i < 5; i++) {
        const open = i === 0 ? ['a'] : []
        await p.driver.link.send(
          frame({ pipeline: 'p', open, rows: [{ session: 'a', position: i, values: [1] }] }),
        )
        await q.driver.link.send(
          frame({ pipeline: 'q', open, rows: [{ session: 'a', position: i, values: [10] }] }),
        )
      }
      const done = (hidden: typeof p.next.hidden) => (rowsBySession(hidden).get('a')?.length ?? 0) === 5
      await p.next.until(() => done(p.next.hidden))
      await q.next.until(() => done(q.next.hidden))
      t.same(rowsBySession(p.next.hidden).get('a'), [2, 3, 4, 5, 6])
      t.same(rowsBySession(q.next.hidden).get('a'), [20, 30, 40, 50, 60])
      await q.driver.link.close('bye')
      await q.next.until(() => q.next.isEnded)
      await p.driver.link.send(frame({ pipeline: 'p', rows: [{ session: 'a', position: 5, values: [1] }] }))
      await p.next.until(() => (rowsBySession(p.next.hidden).get('a')?.length ?? 0) === 6)
      t.equal(net.work.sessions.size, 1, 'only the sessions of the driver that left are freed')
    })

    t.test('frees everything of a driver whose link is lost, also while it loads', async (t) => {
      let isAborted = false
      await using net = await ToyNetwork.start({
        transport,
        role: {
          load: (message, { signal, onProgress }) =>
            new Promise((_, reject) => {
              onProgress({ what: message.model, doneBytes: 1, totalBytes: 2 })
              signal.addEventListener('abort', () => {
                isAborted = true
                reject(new AbortedError('loading'))
              })
            }),
        },
      })
      const driver = await net.dial()
      await driver.link.send(plan({ next: 'memory:nowhere' }))
      t.match(await driver.next('progress'), { request: 1, what: 'toy', doneBytes: 1, totalBytes: 2 })
      await driver.link.send(frame({ rows: [{ session: 'a', position: 0, values: [1] }] }))
      t.match(await driver.next('error'), { code: 'NODE_PIPELINE_NOT_READY' })
      await driver.link.close('gone')
      await until(() => net.server.counters.pipelines === 0)
      t.equal(isAborted, true)
    })

    t.test('answers a plan that can not be formed, and takes the next one', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const driver = await net.dial()
      const nowhere = transport === 'memory' ? 'memory:nowhere' : 'ws://127.0.0.1:9'
      await driver.link.send(plan({ request: 1, next: nowhere }))
      t.match(await driver.next('error'), {
        request: 1,
        code: 'NODE_NEXT_UNREACHABLE',
        isFatal: true,
        pipeline: 'p',
      })
      t.same(net.released, ['p/1'], 'what was loaded is given back')
      await driver.link.send(plan({ request: 2, sessionsMax: 10_000, next: nowhere }))
      t.match(await driver.next('error', 1), { request: 2, code: 'NODE_PLAN_REFUSED' })
      const { address } = await net.listenAsNext()
      await driver.link.send(plan({ request: 3, next: address }))
      t.match(await driver.next('ready'), { request: 3 })
    })

    t.test('tells the driver when the next stage is lost or refuses', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const { driver, next } = await net.formed()
      await next.link.send({
        kind: 'error',
        code: 'SOME_CODE',
        message: 'no',
        request: null,
        pipeline: 'p',
        sessions: ['a'],
        isFatal: false,
      })
      t.match(await driver.next('error'), {
        code: 'SOME_CODE',
        pipeline: 'p',
        sessions: ['a'],
        isFatal: false,
      })
      await next.link.close('crash')
      t.match(await driver.next('error', 1), { code: 'NODE_NEXT_LOST', pipeline: 'p', isFatal: true })
      await driver.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }))
      await pause()
      t.equal(driver.errors.length, 2, 'told once')
    })

    t.test('refuses what a stage does not take, and goes on', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const { driver, next } = await net.formed()
      const { link } = driver
      await link.send({ kind: 'leaving', reason: 'wrong way' })
      t.match(await driver.next('error', 0), { code: 'NODE_MESSAGE_UNEXPECTED' })
      await link.send({
        kind: 'session-open',
        request: 4,
        pipeline: 'p',
        session: 'a',
        sampling: {
          temperature: 0,
          topK: 0,
          topP: 1,
          minP: 0,
          repetitionPenalty: 1,
          presencePenalty: 0,
          frequencyPenalty: 0,
          logitBias: [],
          seed: 0,
          topLogprobs: 0,
          stopTokenIds: [],
          grammar: null,
        },
        score: null,
        isDigestWanted: false,
        ask: null,
        resume: null,
      })
      t.match(await driver.next('error', 1), { request: 4, code: 'NODE_MESSAGE_UNEXPECTED' })
      await link.send(frame({ pipeline: 'ghost', rows: [{ session: 'x', position: 0, values: [1] }] }))
      t.match(await driver.next('error', 2), {
        code: 'NODE_PIPELINE_UNKNOWN',
        pipeline: 'ghost',
        sessions: ['x'],
      })
      await link.send({ ...frame({ open: ['w'] }), hiddenSize: 4, payload: new Float32Array(0) })
      t.match(await driver.next('error', 3), { code: 'NODE_FRAME_INVALID', sessions: ['w'] })
      await link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }))
      await next.until(() => next.hidden.length === 1)
      t.same(rowsBySession(next.hidden).get('a'), [2])
    })

    t.test('stops while a run is in progress: says so, lets its result out, frees, closes', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const { driver, next } = await net.formed()
      let release = (): void => undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      let isRunning = false
      net.work.beforeRun = () => {
        isRunning = true
        return held
      }
      await driver.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }))
      await until(() => isRunning)
      const stopped = net.server.stop()
      await driver.next('leaving')
      await driver.link.send(plan({ request: 8, pipeline: 'late' }))
      t.match(await driver.next('error'), { request: 8, code: 'NODE_STOPPING' })
      release()
      await stopped
      await next.until(() => next.isEnded)
      t.same(rowsBySession(next.hidden).get('a'), [2])
      t.equal(net.work.sessions.size, 0)
      t.same(net.released, ['p/1'])
      await driver.until(() => driver.isEnded)
      t.equal(driver.isEnded, true, 'the link is closed')
    })

    t.test('stops reading a link whose frames it can not keep up with', async (t) => {
      await using net = await ToyNetwork.start({ transport, settings: { inboxFramesMax: 4 } })
      const { driver, next } = await net.formed()
      let release = (): void => undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      net.work.beforeRun = () => held
      const sends = Array.from({ length: 40 }, (_, i) =>
        driver.link.send(
          frame({ open: i === 0 ? ['a'] : [], rows: [{ session: 'a', position: i, values: [1] }] }),
        ),
      )
      await pause()
      t.ok(net.server.counters.framesIn <= 5, `${net.server.counters.framesIn} frames were taken in`)
      release()
      await Promise.all(sends)
      await next.until(() => (rowsBySession(next.hidden).get('a')?.length ?? 0) === 40)
      t.equal(net.server.counters.framesIn, 40)
    })
  })
}

t.test('gives up waiting for a run that does not end', async (t) => {
  await using net = await ToyNetwork.start({ transport: 'memory', settings: { stopGraceMs: 30 } })
  const { driver } = await net.formed()
  let isRunning = false
  net.work.beforeRun = () => {
    isRunning = true
    return new Promise(() => undefined)
  }
  await driver.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }))
  await until(() => isRunning)
  await net.server.stop()
  t.equal(net.work.sessions.size, 1, 'what the run uses is left alone')
})

t.test('refuses settings out of their bounds', async (t) => {
  for (const settings of [
    { rowsPerRunMax: 0 },
    { pipelinesMax: 1.5 },
    { sessionsOpenMax: 100_000 },
    { stopGraceMs: Number.NaN },
  ]) {
    t.throws(
      () => new ToyNetwork({ transport: 'memory', settings }),
      InvalidValueError,
      JSON.stringify(settings),
    )
  }
})
