import t from 'tap'
import { SeededRandom, systemRandom } from '@shardline/core'
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

function prefilling(id: string, rows: number, of: { use?: Turn['use']; share?: string } = {}): Session {
  const { use = 'sample', share } = of
  const session = new Session(id, 1000, { share })
  session.beginTurn(turn(rows, use))
  session.markOpened()
  return session
}

function decoding(id: string, share?: string): Session {
  const session = prefilling(id, 1, { share })
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
  shareRowsFactorMax: 1,
  sharePromptRowsMax: 4,
  shareRideFramesMin: 1,
  shareIdleMsMax: 100,
}

const shape = (round: ReturnType<Scheduler['compose']>): unknown =>
  round?.segments.map(({ session, position, ids, use }) => [session.id, position, ids.length, use])

/** So many prompt rows are on their way, and no decode rows. */
const prefill = (prefillRows: number): InFlight => inFlight({ prefillRows })

const inFlight = (on: Partial<InFlight>): InFlight => ({
  prefillRows: 0,
  decodeFrames: 0,
  prefillRowsOf: () => 0,
  ...on,
})

t.test('takes every decode row before prompt chunks', (t) => {
  const round = new Scheduler(init).compose(
    [prefilling('long', 20), decoding('a'), decoding('b')],
    prefill(0),
    0,
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

t.test('what goes again goes first, a chunk a round, however much is on its way', (t) => {
  const scheduler = new Scheduler(init)
  const again = prefilling('again', 20, { use: 'score' })
  const other = prefilling('other', 20)
  for (let chunk = 0; chunk < 3; chunk++) scheduler.compose([again], prefill(0), 0)
  scheduler.compose([other], prefill(0), 0)
  again.replay(undefined)
  // The ledger counts all of them: they were sent once, and nothing of them has landed.
  const full = inFlight({ prefillRows: 24, prefillRowsOf: () => 24 })
  const sent = [1, 2, 3, 4].map(() => shape(scheduler.compose([other, again], full, 0)))
  t.same(sent, [
    [['again', 0, 8, 'score']],
    [['again', 8, 8, 'score']],
    [['again', 16, 4, 'score']],
    undefined,
  ])
  t.end()
})

t.test('serves prompts in turn and lets short ones travel together', (t) => {
  const scheduler = new Scheduler(init)
  const sessions = [prefilling('a', 20), prefilling('b', 20), prefilling('c', 3), prefilling('d', 4)]
  const rounds = [0, 8, 16].map((rows) => shape(scheduler.compose(sessions, prefill(rows), 0)))
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
  t.same(shape(scheduler.compose([session], prefill(16), 0)), [['a', 0, 8, 'none']])
  t.equal(scheduler.compose([session], prefill(17), 0), undefined)
  t.same(shape(new Scheduler({ ...init, prefillRowsInFlightMax: 1 }).compose([session], prefill(0), 0)), [
    ['a', 8, 8, 'none'],
  ])
  t.end()
})

t.test('keeps the bounds of a frame', (t) => {
  const small = new Scheduler({ ...init, frameRowsMax: 2, prefillChunkRows: 2 })
  const sessions = [decoding('a'), decoding('b'), decoding('c'), prefilling('d', 2)]
  t.same(shape(small.compose(sessions, prefill(0), 0)), [
    ['a', 1, 1, 'sample'],
    ['b', 1, 1, 'sample'],
  ])
  t.same(shape(small.compose(sessions, prefill(0), 0)), [['c', 1, 1, 'sample']])
  t.same(shape(small.compose(sessions, prefill(0), 0)), [['d', 0, 2, 'sample']])
  t.end()
})

t.test('marks scored rows, and sends ends once', (t) => {
  const scheduler = new Scheduler(init)
  const ending = decoding('end')
  ending.requestClose()
  const round = scheduler.compose([prefilling('s', 10, { use: 'score' }), ending], prefill(0), 0)
  t.same(shape(round), [['s', 0, 8, 'score']])
  t.same(round?.close, [ending])
  t.equal(scheduler.compose([ending], prefill(0), 0), undefined)
  t.end()
})

t.test(
  'decode rows gather while as many frames with decode rows are on their way as there may be',
  async (t) => {
    const scheduler = new Scheduler(init)
    const sessions = [decoding('a'), decoding('b'), prefilling('p', 8)]
    t.same(shape(scheduler.compose(sessions, inFlight({ decodeFrames: 2 }), 0)), [['p', 0, 8, 'sample']])
    t.equal(scheduler.compose(sessions, inFlight({ prefillRows: 8, decodeFrames: 2 }), 0), undefined)
    t.same(shape(scheduler.compose(sessions, inFlight({ decodeFrames: 1 }), 0)), [
      ['a', 1, 1, 'sample'],
      ['b', 1, 1, 'sample'],
    ])
  },
)

const idsOf = (round: ReturnType<Scheduler['compose']>): readonly string[] =>
  round?.segments.map(({ session }) => session.id) ?? []

/** The tokens of a round are there: its sessions can go on. */
function land(round: ReturnType<Scheduler['compose']>): void {
  for (const { session } of round?.segments ?? []) session.proceed(7)
}

t.test('beside a less busy share a busy one gets as many rows, in turn', async (t) => {
  const scheduler = new Scheduler(init)
  const sessions = [
    decoding('c1', 'crowd'),
    decoding('c2', 'crowd'),
    decoding('c3', 'crowd'),
    decoding('h', 'home'),
  ]
  const rounds = [1, 2, 3, 4].map((nowMs) => {
    const round = scheduler.compose(sessions, prefill(0), nowMs)
    land(round)
    return idsOf(round).toSorted()
  })
  t.same(rounds, [
    ['c1', 'h'],
    ['c2', 'h'],
    ['c3', 'h'],
    ['c1', 'h'],
  ])
})

t.test(
  'rows of a busy share ride in frames of a less busy one, or go when nothing is on its way',
  async (t) => {
    const scheduler = new Scheduler(init)
    const crowd = ['c1', 'c2', 'c3'].map((id) => decoding(id, 'crowd'))
    const home = decoding('h', 'home')
    const at = (on: Partial<InFlight>): readonly string[] =>
      idsOf(scheduler.compose([...crowd, home], inFlight(on), 0))
    t.same(at({}), ['h', 'c1'])
    t.same(at({ decodeFrames: 1 }), [], 'they wait while the frame is on its way')
    home.proceed(7)
    t.same(at({ decodeFrames: 1 }), ['h', 'c2'])
    t.same(at({}), ['c3'], 'nobody waits for a share that has nothing to compute')
  },
)

t.test('rows of a busy share ride in as few frames of a less busy one as they may', async (t) => {
  const scheduler = new Scheduler({ ...init, shareRideFramesMin: 3 })
  const crowd = ['c1', 'c2', 'c3'].map((id) => decoding(id, 'crowd'))
  const home = decoding('h', 'home')
  const rounds = Array.from({ length: 6 }, () => {
    const round = scheduler.compose([...crowd, home], prefill(0), 0)
    land(round)
    return idsOf(round)
  })
  t.same(rounds, [['h'], ['h'], ['h', 'c1'], ['h'], ['h'], ['h', 'c2']])
})

t.test('rows of a busy share ride beside a prompt of a less busy one', async (t) => {
  const crowd = ['c1', 'c2', 'c3'].map((id) => decoding(id, 'crowd'))
  const home = prefilling('h', 20, { share: 'home' })
  const round = new Scheduler(init).compose([...crowd, home], prefill(8), 0)
  t.same(idsOf(round), ['h', 'c1'])
})

t.test('a factor lets the busy share have more rows', async (t) => {
  const scheduler = new Scheduler({ ...init, shareRowsFactorMax: 2 })
  const crowd = ['c1', 'c2', 'c3', 'c4', 'c5'].map((id) => decoding(id, 'crowd'))
  const home = ['h1', 'h2'].map((id) => decoding(id, 'home'))
  t.same(idsOf(scheduler.compose([...crowd, ...home], prefill(0), 0)), ['h1', 'h2', 'c1', 'c2', 'c3', 'c4'])
})

t.test(
  'a share that is alone has full frames, and again when the others have been gone for a while',
  async (t) => {
    const scheduler = new Scheduler(init)
    const crowd = ['c1', 'c2', 'c3'].map((id) => decoding(id, 'crowd'))
    const at = (nowMs: number, ...others: Session[]): number => {
      const round = scheduler.compose([...crowd, ...others], prefill(0), nowMs)
      land(round)
      return round?.rows ?? 0
    }
    t.equal(at(0), 3)
    t.equal(at(10, decoding('h', 'home')), 2)
    t.equal(at(110), 1, 'they may be about to ask again')
    t.equal(at(111), 3)
  },
)

t.test('who waits for a slow reader takes no share', async (t) => {
  const slow = new Session('slow', 1000, { share: 'home' })
  slow.beginTurn({ ...turn(1), isPaused: true })
  slow.markOpened()
  slow.take(1)
  slow.proceed(7)
  const crowd = ['c1', 'c2', 'c3'].map((id) => decoding(id, 'crowd'))
  t.same(idsOf(new Scheduler(init).compose([...crowd, slow], prefill(0), 0)), ['c1', 'c2', 'c3'])
})

t.test(
  'beside a less busy share, prompts of a busy one go in small chunks, few at a time, and in turn',
  async (t) => {
    const scheduler = new Scheduler(init)
    const crowd = ['c1', 'c2', 'c3'].map((id) => prefilling(id, 20, { share: 'crowd' }))
    const honest = prefilling('h', 20, { share: 'home' })
    const of = (rows: Readonly<Record<string, number>>): InFlight =>
      inFlight({ prefillRows: 1, prefillRowsOf: (share) => rows[share] ?? 0 })
    t.same(shape(scheduler.compose([...crowd, honest], of({}), 0)), [['c1', 0, 4, 'none']])
    t.same(shape(scheduler.compose([...crowd, honest], of({ crowd: 4 }), 0)), [['h', 0, 8, 'none']])
    t.same(
      shape(scheduler.compose([...crowd, honest], of({ crowd: 1 }), 0)),
      [['h', 8, 8, 'none']],
      'no chunk is cut to fit',
    )
    t.same(shape(scheduler.compose([...crowd, honest], of({}), 0)), [
      ['c2', 0, 4, 'none'],
      ['h', 16, 4, 'sample'],
    ])
  },
)

t.test('whoever comes, every share goes on, and none has more than its part of a frame', async (t) => {
  const seed = Number(process.env['SEED'] ?? systemRandom.integer(2 ** 31))
  t.comment(`SEED=${seed}`)
  const random = new SeededRandom(seed)
  const failures: string[] = []
  for (let run = 0; run < 50; run++) {
    const factor = 1 + random.integer(3)
    const scheduler = new Scheduler({ ...init, shareRowsFactorMax: factor })
    const counts = Array.from({ length: 1 + random.integer(4) }, () => 1 + random.integer(8))
    const sessions = counts.flatMap((count, share) =>
      Array.from({ length: count }, (_, index) => decoding(`${share}-${index}`, `${share}`)),
    )
    const least = Math.min(...counts)
    const served = new Map<string, number>()
    for (let round = 0; round < 16; round++) {
      const composed = scheduler.compose(sessions, prefill(0), round)
      for (const id of idsOf(composed)) served.set(id, (served.get(id) ?? 0) + 1)
      const rows = counts.map((_, share) => idsOf(composed).filter((id) => id.startsWith(`${share}-`)).length)
      const wanted = counts.map((count) => Math.min(count, least * factor))
      if (JSON.stringify(rows) !== JSON.stringify(wanted))
        failures.push(`${counts.join()} by ${factor}: ${rows.join()}`)
      land(composed)
    }
    for (const [share, count] of counts.entries()) {
      const turns = Array.from({ length: count }, (_, index) => served.get(`${share}-${index}`) ?? 0)
      if (Math.max(...turns) - Math.min(...turns) > 1)
        failures.push(`share ${share} of ${counts.join()}: ${turns.join()}`)
    }
  }
  t.same(failures, [], 'each had its part in each of 16 frames, and its sessions took turns')
})
