import t from 'tap'
import type { SegmentUse } from '@shardline/wire'
import type { Flight } from '../src/flight-ledger.ts'
import { FlightLedger } from '../src/flight-ledger.ts'

const flight = (
  session: string,
  end: number,
  of: { readonly use: SegmentUse; readonly frame: number },
): Flight => ({
  session,
  share: session,
  end,
  ...of,
  isDecode: of.use === 'sample' && of.frame > 10,
  sentAtMs: of.frame,
  embedMs: 0,
})

t.test('an answer lands every row of its session below it', (t) => {
  const ledger = new FlightLedger()
  ledger.depart(flight('a', 8, { use: 'none', frame: 1 }), 8)
  ledger.depart(flight('a', 10, { use: 'sample', frame: 2 }), 2)
  ledger.depart(flight('b', 5, { use: 'sample', frame: 2 }), 5)
  t.equal(ledger.prefillRows, 15)
  t.equal(ledger.frames, 2)
  t.same(
    ledger.land('a', 10).map(({ rows }) => rows),
    [8, 2],
  )
  t.equal(ledger.prefillRows, 5)
  t.equal(ledger.frames, 1)
  t.notOk(ledger.isAwaiting('a'))
  t.equal(ledger.awaitingSinceMs('b'), 2)
  ledger.land('b', 5)
  t.ok(ledger.isEmpty)
  t.end()
})

t.test('lands part of what a stage has split', (t) => {
  const ledger = new FlightLedger()
  ledger.depart(flight('a', 10, { use: 'score', frame: 1 }), 10)
  t.same(
    ledger.land('a', 4).map(({ rows }) => rows),
    [4],
  )
  t.equal(ledger.frames, 1)
  t.same(ledger.land('a', 4), [])
  t.same(
    ledger.land('a', 10).map(({ rows }) => rows),
    [6],
  )
  t.ok(ledger.isEmpty)
  t.end()
})

t.test('rows that nobody answers land by their count, oldest first, whatever the session', (t) => {
  const ledger = new FlightLedger()
  ledger.depart(flight('a', 4, { use: 'none', frame: 1 }), 4)
  ledger.depart(flight('b', 3, { use: 'none', frame: 2 }), 3)
  t.same(
    ledger.landSilent(5).map(({ flight: of, rows }) => [of.session, rows]),
    [
      ['a', 4],
      ['b', 1],
    ],
  )
  t.equal(ledger.prefillRows, 2)
  t.same(
    ledger.landSilent(9).map(({ rows }) => rows),
    [2],
    'more than there is lands what there is',
  )
  t.ok(ledger.isEmpty)
  t.end()
})

t.test('forgets a session with all its rows', (t) => {
  const ledger = new FlightLedger()
  ledger.depart(flight('a', 4, { use: 'none', frame: 1 }), 4)
  ledger.depart(flight('a', 5, { use: 'sample', frame: 11 }), 1)
  ledger.forget('a')
  t.ok(ledger.isEmpty)
  t.equal(ledger.prefillRows, 0)
  t.same(ledger.land('a', 5), [])
  t.same(ledger.landSilent(4), [])
  t.end()
})

t.test('counts the prompt rows of each share', (t) => {
  const ledger = new FlightLedger()
  ledger.depart({ ...flight('a', 8, { use: 'none', frame: 1 }), share: 'x' }, 8)
  ledger.depart({ ...flight('b', 3, { use: 'sample', frame: 1 }), share: 'x' }, 3)
  ledger.depart({ ...flight('c', 5, { use: 'sample', frame: 2 }), share: 'y' }, 5)
  ledger.depart({ ...flight('c', 6, { use: 'sample', frame: 11 }), share: 'y' }, 1)
  t.same([ledger.prefillRowsOf('x'), ledger.prefillRowsOf('y'), ledger.prefillRowsOf('z')], [11, 5, 0])
  ledger.land('b', 3)
  ledger.landSilent(2)
  t.same([ledger.prefillRowsOf('x'), ledger.prefillRows], [6, 11])
  ledger.forget('a')
  ledger.land('c', 6)
  t.same([ledger.prefillRowsOf('x'), ledger.prefillRowsOf('y'), ledger.prefillRows], [0, 0, 0])
  t.end()
})
