import { silentLog, systemClock } from '@shardline/core'
import type { SeededRandom } from '@shardline/core'
import type { HiddenMessage } from '@shardline/wire'
import t from 'tap'
import { resolveNodeSettings } from '../src/settings.ts'
import type { NodeSettings } from '../src/settings.ts'
import { StageLoop } from '../src/stage-loop.ts'
import { frame, rowsBySession } from './fixtures/frames.ts'
import type { FrameParts } from './fixtures/frames.ts'
import { seededRandom } from './fixtures/seed.ts'
import { ToyPipeline } from './fixtures/toy-pipeline.ts'
import { ToyWork } from './fixtures/toy-work.ts'

class Fixture implements AsyncDisposable {
  readonly work = new ToyWork()
  readonly loop: StageLoop
  readonly pipeline: ToyPipeline

  constructor(settings: NodeSettings = {}, messagesMax = 8) {
    this.loop = new StageLoop(
      { clock: systemClock, log: silentLog },
      { node: 'toy', settings: resolveNodeSettings(settings) },
    )
    this.pipeline = new ToyPipeline(this.work, { onRoom: () => this.loop.wake(), messagesMax })
  }

  send(parts: FrameParts): Promise<void> | undefined {
    return this.loop.accept(this.pipeline, frame(parts))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loop.stop()
  }
}

const rowsOf = (messages: readonly HiddenMessage[], session: string) => rowsBySession(messages).get(session)

t.test('opens, runs and closes in order, and says so to the next stage', async (t) => {
  await using it = new Fixture()
  it.send({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1, 2] }], close: ['a'] })
  await it.pipeline.frames(1)
  const [sent] = it.pipeline.sent
  t.same(sent?.open, [{ session: 'a', capacity: 100, isProven: false }])
  t.same(sent?.segments, [{ session: 'a', turn: 0, position: 0, rows: 2, use: 'none' }])
  t.same(sent?.close, ['a'])
  t.same(rowsOf(it.pipeline.sent, 'a'), [2, 5])
  t.equal(it.work.sessions.size, 0, 'the session is freed')
  t.equal(it.loop.counters.sessionsOpen, 0)
})

t.test('writes its own entry behind the trace of what came', async (t) => {
  await using it = new Fixture()
  const before = { node: 'w0', layers: null, rows: 1, queueMs: 0, computeMs: 1, totalMs: 1 }
  it.loop.accept(it.pipeline, {
    ...frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }),
    trace: [before],
  })
  await it.pipeline.frames(1)
  const [first, own] = it.pipeline.sent[0]!.trace
  t.same(first, before)
  t.match(own, { node: 'toy', rows: 1, layers: { first: 0, count: 1 } })
  t.ok(own!.totalMs >= own!.computeMs + own!.queueMs, 'the total holds waiting and computing')
})

t.test('merges frames that gather during a run, single rows first', async (t) => {
  await using it = new Fixture({ rowsPerRunMax: 6 })
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  it.work.beforeRun = () => held
  it.send({ open: ['a', 'b', 'c'], rows: [{ session: 'a', position: 0, values: [1] }] })
  await new Promise(setImmediate)
  it.send({ rows: [{ session: 'b', position: 0, use: 'sample', values: [1, 2, 3, 4, 5, 6, 7] }] })
  it.send({ rows: [{ session: 'a', position: 1, use: 'sample', values: [2] }] })
  it.send({ rows: [{ session: 'c', position: 0, use: 'sample', values: [3] }] })
  release()
  await it.pipeline.frames(3)
  t.same(
    it.pipeline.sent.map((message) => message.segments.map(({ session, rows, use }) => [session, rows, use])),
    [
      [['a', 1, 'none']],
      [
        ['a', 1, 'sample'],
        ['c', 1, 'sample'],
        ['b', 4, 'none'],
      ],
      [['b', 3, 'sample']],
    ],
    'a cut segment is sampled at its end only',
  )
})

t.test('passes the payload of a frame to the run without a copy', async (t) => {
  await using it = new Fixture()
  it.send({ open: ['b'] })
  await it.pipeline.frames(1)
  const one = frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1, 2] }] })
  it.loop.accept(it.pipeline, one)
  await it.pipeline.frames(2)
  t.equal(it.work.runs[0]?.hidden, one.payload)
  const two = frame({
    rows: [
      { session: 'a', position: 2, values: [3] },
      { session: 'b', position: 0, values: [4] },
    ],
  })
  it.loop.accept(it.pipeline, two)
  await it.pipeline.frames(3)
  t.equal(it.work.runs[1]?.hidden.buffer, two.payload.buffer)
})

/** A plan of what sessions do, cut into frames of random size that interleave the sessions at random. */
function randomFrames(random: SeededRandom): FrameParts[] {
  const sessions = Array.from({ length: 1 + random.integer(5) }, (_, i) => ({
    id: `s${i}`,
    length: 0,
    left: 1 + random.integer(30),
    isOpen: false,
  }))
  const frames: FrameParts[] = []
  while (sessions.some(({ left }) => left > 0)) {
    const open: string[] = []
    const rows: { session: string; position: number; values: number[] }[] = []
    for (const session of sessions) {
      if (session.left === 0 || random.integer(2) === 0) continue
      if (!session.isOpen) open.push(session.id)
      session.isOpen = true
      const position = random.integer(5) === 0 ? random.integer(session.length + 1) : session.length
      const values = Array.from({ length: Math.min(session.left, 1 + random.integer(6)) }, () =>
        random.integer(1000),
      )
      rows.push({ session: session.id, position, values })
      session.length = position + values.length
      session.left -= values.length
    }
    if (rows.length > 0) frames.push({ open, rows })
  }
  frames.push({ close: sessions.map(({ id }) => id) })
  return frames
}

t.test('gives the same rows whatever is merged and cut', async (t) => {
  const random = seededRandom()
  for (let round = 0; round < 60; round++) {
    const frames = randomFrames(random)
    const isClosed = (pipeline: ToyPipeline) => {
      const wanted = new Set(frames.flatMap(({ close }) => close ?? []))
      for (const { close } of pipeline.sent) for (const session of close) wanted.delete(session)
      return wanted.size === 0
    }
    const runWith = async (settings: NodeSettings, isPaced: boolean) => {
      await using it = new Fixture(settings, 1 + random.integer(8))
      for (const parts of frames) {
        await it.send(parts)
        if (isPaced || random.integer(3) === 0) await new Promise(setImmediate)
      }
      while (!isClosed(it.pipeline)) await new Promise(setImmediate)
      t.same(it.pipeline.reports, [])
      return rowsBySession(it.pipeline.sent)
    }
    const separate = await runWith({}, true)
    const rowsPerRunMax = 1 + random.integer(8)
    const sessionsPerRunMax = 1 + random.integer(4)
    const mixed = await runWith(
      { rowsPerRunMax, sessionsPerRunMax, inboxFramesMax: 1 + random.integer(4) },
      false,
    )
    if (
      !t.same(mixed, separate, `round ${round}: budget ${rowsPerRunMax} rows, ${sessionsPerRunMax} sessions`)
    )
      return
  }
})

t.test('rolls back to an earlier position and refuses a later one by name', async (t) => {
  await using it = new Fixture()
  it.send({
    open: ['a', 'b'],
    rows: [
      { session: 'a', position: 0, values: [1, 2, 3] },
      { session: 'b', position: 0, values: [1] },
    ],
  })
  it.send({ rows: [{ session: 'a', position: 1, values: [10] }] })
  it.send({
    rows: [
      { session: 'a', position: 3, values: [5] },
      { session: 'b', position: 1, values: [2] },
    ],
  })
  it.send({ rows: [{ session: 'a', position: 2, values: [7] }] })
  it.send({ close: ['a', 'b'] })
  while (!it.pipeline.sent.some(({ close }) => close.includes('a'))) await new Promise(setImmediate)
  t.same(rowsOf(it.pipeline.sent, 'a'), [2, 21])
  t.same(rowsOf(it.pipeline.sent, 'b'), [2, 5], 'the other session of that frame goes on')
  t.same(it.pipeline.reports, [{ code: 'ENGINE_POSITION_UNEXPECTED', sessions: ['a'] }], 'told once')
  t.equal(it.work.sessions.size, 0)
})

t.test(
  'refuses rows of unknown and full sessions, contexts that are too long, and double opens, each by name',
  async (t) => {
    await using it = new Fixture()
    it.send({ rows: [{ session: 'ghost', position: 0, values: [1] }] })
    it.send({ open: ['small'], capacity: 1, rows: [{ session: 'small', position: 0, values: [1, 2] }] })
    it.send({ open: ['long'], capacity: 1001 })
    it.send({ open: ['none'], capacity: Number.NaN })
    it.send({ open: ['twice'] })
    it.send({ open: ['twice'] })
    await new Promise(setImmediate)
    t.same(it.pipeline.reports, [
      { code: 'ENGINE_SESSION_UNKNOWN', sessions: ['ghost'] },
      { code: 'ENGINE_SESSION_FULL', sessions: ['small'] },
      { code: 'ENGINE_CONTEXT_TOO_LONG', sessions: ['long'] },
      { code: 'ENGINE_CONTEXT_TOO_LONG', sessions: ['none'] },
      { code: 'ENGINE_SESSION_EXISTS', sessions: ['twice'] },
    ])
    t.equal(it.work.sessions.size, 0)
    t.equal(it.work.runs.length, 0, 'no refused row was computed')
  },
)

t.test('opens a failed session anew', async (t) => {
  await using it = new Fixture()
  it.send({ rows: [{ session: 'a', position: 0, values: [1] }] })
  it.send({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] })
  await it.pipeline.frames(1)
  t.same(rowsOf(it.pipeline.sent, 'a'), [2])
})

t.test('holds the limits on open sessions and on session names', async (t) => {
  await using it = new Fixture({ sessionsOpenMax: 3 })
  it.pipeline.sessionsMax = 2
  it.send({ open: ['a', 'b', 'c'] })
  await new Promise(setImmediate)
  t.same(it.pipeline.reports, [{ code: 'NODE_SESSIONS_FULL', sessions: ['c'] }])
  const other = new ToyPipeline(it.work, { id: 'q' })
  it.loop.accept(other, frame({ pipeline: 'q', open: ['a', 'b'] }))
  await new Promise(setImmediate)
  t.same(other.reports, [{ code: 'NODE_SESSIONS_FULL', sessions: ['b'] }], 'the limit of the node')
  for (let i = 0; i < 50; i++) it.send({ rows: [{ session: `garbage-${i}`, position: 0, values: [1] }] })
  await new Promise(setImmediate)
  t.equal(it.pipeline.reports.length, 51, 'every one is told')
  t.equal(it.loop.counters.sessionsOpen, 3)
  it.send({ close: ['a', 'c'] })
  await it.pipeline.frames(2)
  it.send({ open: ['d'], rows: [{ session: 'd', position: 0, values: [1] }] })
  await it.pipeline.frames(3)
  t.same(rowsOf(it.pipeline.sent, 'd'), [2], 'a closed session leaves its place')
})

t.test('an end makes room for a session that is opened behind it, whatever waits', async (t) => {
  await using it = new Fixture()
  it.pipeline.sessionsMax = 2
  it.send({ open: ['a', 'b'], rows: [{ session: 'b', position: 0, values: [1] }] })
  await it.pipeline.frames(1)
  it.send({ open: [], rows: [{ session: 'b', position: 1, values: [1] }] })
  it.send({ close: ['a'] })
  it.send({ open: ['c'], rows: [{ session: 'c', position: 0, values: [5] }] })
  await it.pipeline.frames(3)
  t.same(it.pipeline.reports, [])
  t.same(rowsOf(it.pipeline.sent, 'c'), [10])
  t.same(rowsOf(it.pipeline.sent, 'b'), [2, 3])
})

t.test('ends the sessions of a frame that is not sound, and no others', async (t) => {
  await using it = new Fixture()
  it.send({ open: ['a', 'b'] })
  const bad = frame({ rows: [{ session: 'a', position: 0, values: [1] }] })
  it.loop.accept(it.pipeline, { ...bad, hiddenSize: 7 })
  it.send({ rows: [{ session: 'b', position: 0, values: [4] }] })
  await it.pipeline.frames(1)
  t.same(it.pipeline.reports, [{ code: 'NODE_FRAME_INVALID', sessions: ['a'] }])
  t.same(rowsOf(it.pipeline.sent, 'b'), [8])
  t.equal(it.work.sessions.size, 1)
})

t.test('refuses NaN and infinity by session, unless the check is off', async (t) => {
  for (const isFiniteChecked of [true, false]) {
    await using it = new Fixture({ isFiniteChecked })
    it.send({
      open: ['a', 'b'],
      rows: [
        { session: 'a', position: 0, values: [Infinity] },
        { session: 'b', position: 0, values: [1] },
      ],
    })
    await it.pipeline.frames(1)
    t.same(it.pipeline.reports, isFiniteChecked ? [{ code: 'NODE_HIDDEN_NOT_FINITE', sessions: ['a'] }] : [])
    t.same(rowsOf(it.pipeline.sent, 'b'), [2])
  }
})

t.test('finds the guilty session of a failed run, and the others go on', async (t) => {
  await using it = new Fixture()
  it.work.beforeRun = ({ parts }) => {
    if (parts.some(({ session }) => session.id === 'bad')) throw new Error('no memory')
  }
  it.send({
    open: ['a', 'bad', 'c'],
    rows: ['a', 'bad', 'c'].map((session) => ({ session, position: 0, values: [1, 2] })),
    close: ['a'],
  })
  it.send({
    rows: [
      { session: 'c', position: 2, values: [3] },
      { session: 'bad', position: 2, values: [3] },
    ],
  })
  while ((rowsOf(it.pipeline.sent, 'c')?.length ?? 0) < 3) await new Promise(setImmediate)
  t.same(rowsOf(it.pipeline.sent, 'a'), [2, 5])
  t.same(rowsOf(it.pipeline.sent, 'c'), [2, 5, 9])
  t.equal(rowsOf(it.pipeline.sent, 'bad'), undefined)
  t.same(
    it.pipeline.sent.flatMap(({ open }) => open.map(({ session }) => session)),
    ['a', 'c'],
  )
  t.same(
    it.pipeline.sent.flatMap(({ close }) => close),
    ['a'],
  )
  t.same(it.pipeline.reports, [{ code: 'CORE_UNEXPECTED', sessions: ['bad'] }])
})

t.test(
  'stops reading when its inbox is full, by frames and by bytes, and goes on when there is room',
  async (t) => {
    for (const settings of [{ inboxFramesMax: 2 }, { inboxBytesMax: 24 }]) {
      await using it = new Fixture(settings)
      let release = (): void => undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      it.work.beforeRun = () => held
      it.send({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] })
      await new Promise(setImmediate)
      t.equal(it.send({ rows: [{ session: 'a', position: 1, values: [1] }] }), undefined)
      const room = it.send({ rows: [{ session: 'a', position: 2, values: [1] }] })
      t.ok(room instanceof Promise, 'the third has to wait')
      let isRoom = false
      void room?.then(() => (isRoom = true))
      await new Promise(setImmediate)
      t.equal(isRoom, false)
      release()
      await room
      t.equal(isRoom, true)
    }
  },
)

t.test('holds back a pipeline whose output is congested, and not the others', async (t) => {
  await using it = new Fixture({}, 1)
  const other = new ToyPipeline(it.work, { id: 'q' })
  let release = (): void => undefined
  it.pipeline.gate = new Promise<void>((resolve) => {
    release = resolve
  })
  for (let i = 0; i < 3; i++) {
    it.send({ open: i === 0 ? ['a'] : [], rows: [{ session: 'a', position: i, values: [1] }] })
    it.loop.accept(
      other,
      frame({
        pipeline: 'q',
        open: i === 0 ? ['a'] : [],
        rows: [{ session: 'a', position: i, values: [9] }],
      }),
    )
    await new Promise(setImmediate)
  }
  t.equal(it.pipeline.sent.length, 1, 'one message waits on the slow link')
  t.same(rowsOf(other.sent, 'a'), [18, 27, 36], 'the same session id of another pipeline is another session')
  it.pipeline.gate = undefined
  release()
  while ((rowsOf(it.pipeline.sent, 'a')?.length ?? 0) < 3) await new Promise(setImmediate)
  t.same(rowsOf(it.pipeline.sent, 'a'), [2, 3, 4])
})

t.test('runs rows of two pipelines together and sends each its own', async (t) => {
  await using it = new Fixture()
  const other = new ToyPipeline(it.work, { id: 'q' })
  it.send({
    open: ['a', 'b'],
    rows: [
      { session: 'a', position: 0, values: [1] },
      { session: 'b', position: 0, values: [1, 2] },
    ],
  })
  it.loop.accept(
    other,
    frame({ pipeline: 'q', open: ['a'], rows: [{ session: 'a', position: 0, values: [5] }] }),
  )
  await Promise.all([it.pipeline.frames(1), other.frames(1)])
  t.equal(it.work.runs.length, 1)
  t.same(rowsOf(it.pipeline.sent, 'a'), [2])
  t.same(rowsOf(it.pipeline.sent, 'b'), [2, 5])
  t.same(rowsOf(other.sent, 'a'), [10])
})

t.test('frees a dropped pipeline after the run in progress and sends nothing of it', async (t) => {
  await using it = new Fixture()
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  it.work.beforeRun = () => held
  it.send({ open: ['a', 'b'], rows: [{ session: 'a', position: 0, values: [1] }] })
  await new Promise(setImmediate)
  it.send({ rows: [{ session: 'b', position: 0, values: [1] }] })
  const dropped = it.loop.drop(it.pipeline)
  t.equal(it.work.sessions.size, 2, 'the run still uses them')
  release()
  t.equal(await dropped, 2)
  t.equal(it.work.sessions.size, 0)
  t.same(it.pipeline.sent, [])
})

t.test('stops after the run in progress, whose result still leaves', async (t) => {
  const it = new Fixture()
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  it.work.beforeRun = () => held
  it.send({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] })
  await new Promise(setImmediate)
  it.send({ rows: [{ session: 'a', position: 1, values: [1] }] })
  const stopped = it.loop.stop()
  release()
  await stopped
  t.same(rowsOf(it.pipeline.sent, 'a'), [2])
  t.equal(await it.loop.drop(it.pipeline), 1, 'sessions can be freed afterwards')
  t.equal(it.work.sessions.size, 0)
})
