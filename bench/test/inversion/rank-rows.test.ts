import t from 'tap'
import { normalizeRows } from '../../src/inversion/dot-products.ts'
import { orderRows, rankRows, sharesOf } from '../../src/inversion/rank-rows.ts'

const table = normalizeRows({ size: 2, values: Float32Array.of(1, 0, 0, 5, 1, 1, -1, 0, 1, 1) })

t.test('ranks the row with the smallest angle first, whatever the lengths', async (t) => {
  const queries = { size: 2, values: Float32Array.of(9, 1, 0.1, 9, 0.5, 0.6, -3, 0.1, 9, 1) }
  t.same(rankRows(table, queries, [0, 1, 2, 3, 3]), [0, 0, 0, 0, 4])
})

t.test('counts a lower id as nearer among equal rows', async (t) => {
  t.same(rankRows(table, { size: 2, values: Float32Array.of(1, 1) }, [4]), [1])
})

t.test('orders all ids from the nearest to the farthest', async (t) => {
  t.same(orderRows(table, Float32Array.of(2, 1)), [2, 4, 0, 1, 3])
})

t.test('keeps rows of zeros', async (t) => {
  t.same(
    [...normalizeRows({ size: 2, values: Float32Array.of(0, 0, 3, 4) }).values],
    [0, 0, 0.6, 0.8].map(Math.fround),
  )
})

t.test('shares are those of ranks 0 and below 10', async (t) => {
  t.same(sharesOf([0, 0, 9, 10]), { top1: 0.5, top10: 0.75 })
  t.same(sharesOf([]), { top1: Number.NaN, top10: Number.NaN })
})
