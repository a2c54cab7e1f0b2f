import t from 'tap'
import { AnswerStatistics } from '../src/answer-statistics.ts'
import type { SchedulerInit } from '../src/scheduler.ts'
import { Scheduler } from '../src/scheduler.ts'
import type { InFlight } from '../src/scheduler.ts'
import { Session } from '../src/session.ts'
import type { Turn } from '../src/turn.ts'

const turn = (rows: number, use: Turn['use'] = 'sample'): Turn => ({
  context: Array.from({ length: rows }, (_, index) => index),
  use,
  statistics: new AnswerStatistics([]),
  trace: undefined,
  isPaused: false,
  onToken: () => true,
  onScores: () => true,
  isDigestWanted: false,
  isOwed: false,
  resume: () => ({ tokenIds: [], position: 0, windows: 0, previous: '' }),
  isKnown: () => false,
  recheck: () => undefined,
  restage: () => undefined,
  fail: () => undefined,
})

function prefilling(id: string, rows: number, use: Turn['use'] = 'sample'): Session {
  const session = new Session(id, 1000)
  session.beginTurn(turn(rows, use))
  session.markOpened()
  return session
}

function decoding(id: string): Session {
  const session = prefilling(id, 1)
  session.take(1)
  session.isOpened = true
  session.proceed(7)
  return session
}

const init: SchedulerInit = {
  prefillChunkRows: 8,
  prefillRowsInFlightMax: 24,
  decodeFramesInFlightMax: 2,
  frameRowsMax: 100,
  frameSessionsMax: 50,
}

const shape = (round: ReturnType<Scheduler['compose']>): unknown =>
  round?.segments.map(({ session, position, ids, use }) => [session.id, position, ids.length, use])

/** So many prompt rows are on their way, and no decode rows. */
const prefill = (prefillRows: number): InFlight => ({ prefillRows, decodeFrames: 0 })

t.test('takes every decode row before prompt chunks', (t) => {
  const round = new Scheduler(init).compose(
    [prefilling('long', 20), decoding('a'), decoding('b')],
    prefill(0),
  )
  t.same(shape(round), [
    ['a', 1, 1, 'sample'],
    ['b', 1, 1, 'sample'],
    ['long', 0, 8, 'none'],
  ])
  t.same(
    round?.open.map((session) => session.id),
    ['long'],
  )
  t.equal(round?.rows, 10)
  t.end()
})

t.test('serves prompts in turn and lets short ones travel together', (t) => {
  const scheduler = new Scheduler(init)
  const sessions = [prefilling('a', 20), prefilling('b', 20), prefilling('c', 3), prefilling('d', 4)]
  const rounds = [0, 8, 16].map((inFlight) => shape(scheduler.compose(sessions, prefill(inFlight))))
  t.same(rounds, [
    [['a', 0, 8, 'none']],
    [['b', 0, 8, 'none']],
    [
      ['c', 0, 3, 'sample'],
      ['d', 0, 4, 'sample'],
    ],
  ])
  t.end()
})

t.test('keeps the bound of prefill rows on their way, and never cuts a chunk to fit', (t) => {
  const scheduler = new Scheduler(init)
  const session = prefilling('a', 100)
  t.same(shape(scheduler.compose([session], prefill(16))), [['a', 0, 8, 'none']])
  t.equal(scheduler.compose([session], prefill(17)), undefined)
  t.same(shape(new Scheduler({ ...init, prefillRowsInFlightMax: 1 }).compose([session], prefill(0))), [
    ['a', 8, 8, 'none'],
  ])
  t.end()
})

t.test('keeps the bounds of a frame', (t) => {
  const small = new Scheduler({ ...init, frameRowsMax: 2, prefillChunkRows: 2 })
  const sessions = [decoding('a'), decoding('b'), decoding('c'), prefilling('d', 2)]
  t.same(shape(small.compose(sessions, prefill(0))), [
    ['a', 1, 1, 'sample'],
    ['b', 1, 1, 'sample'],
  ])
  t.same(shape(small.compose(sessions, prefill(0))), [['c', 1, 1, 'sample']])
  t.same(shape(small.compose(sessions, prefill(0))), [['d', 0, 2, 'sample']])
  t.end()
})

t.test('marks scored rows, and sends ends once', (t) => {
  const scheduler = new Scheduler(init)
  const ending = decoding('end')
  ending.requestClose()
  const round = scheduler.compose([prefilling('s', 10, 'score'), ending], prefill(0))
  t.same(shape(round), [['s', 0, 8, 'score']])
  t.same(round?.close, [ending])
  t.equal(scheduler.compose([ending], prefill(0)), undefined)
  t.end()
})

t.test(
  'decode rows gather while as many frames with decode rows are on their way as there may be',
  async (t) => {
    const scheduler = new Scheduler(init)
    const sessions = [decoding('a'), decoding('b'), prefilling('p', 8)]
    t.same(shape(scheduler.compose(sessions, { prefillRows: 0, decodeFrames: 2 })), [['p', 0, 8, 'sample']])
    t.equal(scheduler.compose(sessions, { prefillRows: 8, decodeFrames: 2 }), undefined)
    t.same(shape(scheduler.compose(sessions, { prefillRows: 0, decodeFrames: 1 })), [
      ['a', 1, 1, 'sample'],
      ['b', 1, 1, 'sample'],
    ])
  },
)
