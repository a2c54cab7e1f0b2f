import t from 'tap'
import { selectRows } from '../src/select-rows.ts'
import { seededRandom } from './fixtures/seed.ts'

const pick = (rows: readonly number[], rowsMax: number, sessionsMax = 100) =>
  selectRows(
    rows.map((count, index) => ({ index, rows: count })),
    { rowsMax, sessionsMax },
  ).map(({ candidate, rows: count }) => [candidate.index, count])

t.test('takes single rows first, then longer pieces in order', async (t) => {
  t.same(pick([5, 1, 3, 1], 100), [
    [1, 1],
    [3, 1],
    [0, 5],
    [2, 3],
  ])
})

t.test('cuts the last piece where the budget ends', async (t) => {
  t.same(pick([5, 1, 30, 4], 20), [
    [1, 1],
    [0, 5],
    [2, 14],
  ])
})

t.test('keeps a place for a longer piece among too many single rows', async (t) => {
  t.same(pick([1, 1, 1, 9], 3), [
    [0, 1],
    [1, 1],
    [3, 1],
  ])
  t.same(pick([1, 1, 1, 9], 100, 2), [
    [0, 1],
    [3, 9],
  ])
})

t.test('takes the oldest when there is one place', async (t) => {
  t.same(pick([7, 1], 4, 1), [[0, 4]])
  t.same(pick([7, 1], 1), [[0, 1]])
  t.same(pick([], 1), [])
})

t.test('never goes over the budget and always takes something', async (t) => {
  const random = seededRandom()
  const broken: object[] = []
  for (let round = 0; round < 2000; round++) {
    const candidates = Array.from(
      { length: 1 + random.integer(12) },
      () => 1 + random.integer(random.integer(2) === 0 ? 1 : 40),
    )
    const rowsMax = 1 + random.integer(20)
    const sessionsMax = 1 + random.integer(8)
    const taken = pick(candidates, rowsMax, sessionsMax)
    const rows = taken.reduce((sum, [, count]) => sum + count!, 0)
    const isSound =
      taken.length > 0 &&
      taken.length <= sessionsMax &&
      rows <= rowsMax &&
      taken.every(([index, count]) => count! > 0 && count! <= candidates[index!]!) &&
      new Set(taken.map(([index]) => index)).size === taken.length
    if (!isSound) broken.push({ candidates, rowsMax, sessionsMax, taken })
  }
  t.same(broken, [], 'every selection keeps to its budget')
})
