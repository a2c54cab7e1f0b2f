import type { SeededRandom } from '@shardline/core'
import t from 'tap'
import { ReplayBudget } from '../../src/replay/replay-budget.ts'
import { SessionRecord } from '../../src/replay/session-record.ts'
import type { RecordedRows } from '../../src/replay/session-record.ts'
import { seededRandom } from '../fixtures/seed.ts'

const WIDTH = 2
const BIG = 1e9

function rowsOf(position: number, values: readonly number[], more: Partial<RecordedRows> = {}): RecordedRows {
  const hidden = Float32Array.from(values.flatMap((value) => [value, -value]))
  return { turn: 0, position, rows: values.length, use: 'none', hidden, ...more }
}

function valuesOf(pieces: readonly RecordedRows[]): readonly number[] {
  return pieces.flatMap(({ hidden }) => [...hidden].filter((_, i) => i % WIDTH === 0))
}

const all = { rowsMax: BIG, piecesMax: BIG }

t.test('gives back what it was given, from any position, in pieces of any size', async (t) => {
  const record = new SessionRecord(new ReplayBudget(BIG))
  record.add(rowsOf(0, [1, 2, 3], { use: 'sample' }))
  record.add(rowsOf(3, [4], { use: 'sample' }))
  t.same(valuesOf(record.rowsFrom(0, all)), [1, 2, 3, 4])
  t.same(valuesOf(record.rowsFrom(2, all)), [3, 4])
  t.same(valuesOf(record.rowsFrom(4, all)), [])
  t.match(record.rowsFrom(1, { ...all, rowsMax: 1 }), [{ position: 1, rows: 1, use: 'none' }])
  t.match(record.rowsFrom(1, { ...all, piecesMax: 1 }), [{ position: 1, rows: 2, use: 'sample' }])
})

t.test('a roll back cuts what is behind it, and gives the place back', async (t) => {
  const budget = new ReplayBudget(BIG)
  const record = new SessionRecord(budget)
  record.add(rowsOf(0, [1, 2, 3, 4], { use: 'sample' }))
  record.add(rowsOf(4, [5], { use: 'sample' }))
  record.add(rowsOf(2, [9], { turn: 1 }))
  t.same(valuesOf(record.rowsFrom(0, all)), [1, 2, 9])
  t.match(record.rowsFrom(0, all), [{ use: 'none', turn: 0 }, { turn: 1 }], 'the last one is not sampled')
  t.equal(record.end, 3)
  t.equal(budget.bytes, 3 * WIDTH * 4)
  record.clear()
  t.equal(budget.bytes, 0)
})

t.test('knows what a receiver lacks by its turn and length', async (t) => {
  const record = new SessionRecord(new ReplayBudget(BIG))
  record.add(rowsOf(0, [1, 2, 3, 4, 5, 6]))
  record.add(rowsOf(4, [7, 8, 9], { turn: 2 }))
  t.equal(record.lackedFrom(undefined), 0)
  t.equal(record.lackedFrom({ turn: 0, length: 3 }), 3)
  t.equal(record.lackedFrom({ turn: 0, length: 6 }), 4, 'it has not heard of the roll back')
  t.equal(record.lackedFrom({ turn: 1, length: 6 }), 4, 'nor of this one')
  t.equal(record.lackedFrom({ turn: 2, length: 5 }), 5)
  t.equal(record.lackedFrom({ turn: 2, length: 7 }), 7)
  t.equal(record.lackedFrom({ turn: 3, length: 1 }), 7, 'rows of an earlier turn were rolled back there')
  t.equal(record.isBehind({ turn: 2, length: 7 }), false)
  t.equal(record.isBehind({ turn: 2, length: 8 }), true)
  t.equal(record.isBehind({ turn: 3, length: 1 }), true)
})

t.test('forgets rows but not how far they went', async (t) => {
  const record = new SessionRecord(new ReplayBudget(BIG))
  record.add(rowsOf(0, [1, 2, 3]))
  record.dropRows()
  t.equal(record.first, 3)
  record.add(rowsOf(3, [4]))
  t.equal(record.first, 3)
  t.equal(record.end, 4)
  t.same(valuesOf(record.rowsFrom(3, all)), [4])
})

interface ListedRow {
  readonly value: number
  readonly turn: number
}

/** Any rows, given to a record and to a list; returns the list after each step. */
function giveRandomly(random: SeededRandom, record: SessionRecord): readonly (readonly ListedRow[])[] {
  const history: (readonly ListedRow[])[] = [[]]
  let list: readonly ListedRow[] = []
  let turn = 0
  for (let step = 0; step < 30; step++) {
    const position = random.integer(3) === 0 ? random.integer(list.length + 1) : list.length
    if (position < list.length) turn += 1
    const values = Array.from({ length: 1 + random.integer(4) }, () => random.integer(1000))
    record.add(rowsOf(position, values, { turn }))
    list = [...list.slice(0, position), ...values.map((value) => ({ value, turn }))]
    history.push(list)
  }
  return history
}

t.test('what a receiver lacks brings it from anywhere in the past to the present', async (t) => {
  const random = seededRandom()
  for (let run = 0; run < 50; run++) {
    const budget = new ReplayBudget(BIG)
    const record = new SessionRecord(budget)
    const history = giveRandomly(random, record)
    const present = (history.at(-1) ?? []).map(({ value }) => value)
    t.same(valuesOf(record.rowsFrom(0, all)), present)
    t.equal(budget.bytes, present.length * WIDTH * 4)
    const past = history[random.integer(history.length)] ?? []
    const standing = { turn: past.at(-1)?.turn ?? 0, length: past.length }
    t.equal(record.isBehind(standing), false)
    const from = record.lackedFrom(standing)
    const known = past.slice(0, from).map(({ value }) => value)
    t.same([...known, ...valuesOf(record.rowsFrom(from, all))], present, `from ${from} of ${present.length}`)
  }
})
