import t from 'tap'
import { SentRows } from '../src/sent-rows.ts'

/** Rows 0-9 of turn 0, cut to 6 and gone on with in turn 1. */
function rolledBack(): SentRows {
  const sent = new SentRows()
  sent.add([10, 11, 12, 13], { turn: 0, use: 'none' })
  sent.add([14, 15, 16], { turn: 0, use: 'sample' })
  for (const id of [17, 18, 19]) sent.add([id], { turn: 0, use: 'sample' })
  sent.cut(6)
  sent.add([26, 27], { turn: 1, use: 'sample' })
  return sent
}

/** The runs that give rows from `position` on. */
function runsOf(sent: SentRows, position: number, rowsMax: number): readonly (readonly unknown[])[] {
  const runs: unknown[][] = []
  for (let at = position; at < sent.length;) {
    const run = sent.run(at, rowsMax)
    runs.push([run.turn, run.position, run.ids, run.use])
    at += run.ids.length
  }
  return runs
}

t.test('a stage lacks what lies behind its length, and what a later turn gave', (t) => {
  const sent = rolledBack()
  t.equal(sent.firstMissing({ turn: 1, length: 8 }), 8)
  t.equal(sent.firstMissing({ turn: 1, length: 7 }), 7)
  t.equal(sent.firstMissing({ turn: 0, length: 10 }), 6, 'its rows from 6 on were rolled back')
  t.equal(sent.firstMissing({ turn: 0, length: 3 }), 3)
  t.equal(sent.firstMissing({ turn: 2, length: 99 }), 8)
  t.end()
})

t.test('gives rows again in the segments that they came in: no turn mixed, no sampled row inside', (t) => {
  t.same(runsOf(rolledBack(), 0, 100), [
    [0, 0, [10, 11, 12, 13, 14, 15], 'none'],
    [1, 6, [26, 27], 'sample'],
  ])
  t.same(runsOf(rolledBack(), 1, 3), [
    [0, 1, [11, 12, 13], 'none'],
    [0, 4, [14, 15], 'none'],
    [1, 6, [26, 27], 'sample'],
  ])
  const decoded = new SentRows()
  decoded.add([1, 2, 3], { turn: 0, use: 'sample' })
  decoded.add([4], { turn: 0, use: 'sample' })
  t.same(runsOf(decoded, 0, 100), [
    [0, 0, [1, 2, 3], 'sample'],
    [0, 3, [4], 'sample'],
  ])
  t.end()
})

t.test('begins anew as a first turn whose rows before a position are not used', (t) => {
  const sent = rolledBack()
  sent.renew(7)
  t.same(runsOf(sent, 0, 100), [[0, 0, [10, 11, 12, 13, 14, 15, 26, 27], 'sample']])
  const scored = new SentRows()
  scored.add([1, 2, 3, 4], { turn: 0, use: 'score' })
  scored.renew(2)
  t.same(runsOf(scored, 0, 100), [
    [0, 0, [1, 2], 'none'],
    [0, 2, [3, 4], 'score'],
  ])
  t.end()
})
