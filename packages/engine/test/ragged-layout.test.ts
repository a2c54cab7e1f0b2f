import fc from 'fast-check'
import t from 'tap'
import { layOutRagged } from '../src/ragged-layout.ts'

t.test('lays out rows, one more per branch, and where the rows are', async (t) => {
  t.same(layOutRagged([{ rows: 2 }, { rows: 1 }], 2), {
    rows: 3,
    padIndex: [0, 1, 1, 2, 2],
    padSizes: [3, 2],
    keepIndex: [0, 1, 3],
  })
})

t.test('gives idle branches one row that nobody keeps', async (t) => {
  const layout = layOutRagged([{ rows: 1 }], 4)
  t.same(layout.padSizes, [2, 1, 1, 1])
  t.same(layout.keepIndex, [0])
  t.equal(layout.padIndex.length, 5)
})

t.test('keeps every row exactly once and in order, whatever the mix', async () => {
  const mixes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(mixes, fc.integer({ min: 0, max: 7 }), (rows, idle) => {
      const segments = rows.map((count) => ({ rows: count }))
      const layout = layOutRagged(segments, rows.length + idle)
      const total = rows.reduce((sum, count) => sum + count, 0)
      const kept = layout.keepIndex.map((index) => layout.padIndex[index])
      const padded = layout.padSizes.reduce((sum, size) => sum + size, 0)
      return (
        layout.rows === total &&
        kept.length === total &&
        kept.every((row, index) => row === index) &&
        padded === layout.padIndex.length &&
        layout.padIndex.every((row) => row >= 0 && row < total)
      )
    }),
    process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) },
  )
})
