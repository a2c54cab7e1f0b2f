import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { rowAt, rowCount } from '../../src/inversion/dot-products.ts'
import type { Rows } from '../../src/inversion/dot-products.ts'
import { fitLinearMap } from '../../src/inversion/linear-map.ts'

const seed = Number(process.env['SEED'] ?? 7)
t.comment(`SEED=${seed}`)

t.test('finds a linear map again on rows that it has not seen', async (t) => {
  const random = new SeededRandom(seed)
  const draw = (count: number, size: number): Rows => ({
    size,
    values: Float32Array.from({ length: count * size }, () => random.float() * 2 - 1),
  })
  const truth = draw(4, 6)
  const targetsOf = (rows: Rows): Rows => ({
    size: 4,
    values: Float32Array.from({ length: rowCount(rows) * 4 }, (_, i) => {
      const row = rowAt(rows, Math.floor(i / 4))
      const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length)
      return 1 + rowAt(truth, i % 4).reduce((sum, weight, j) => sum + (weight * (row[j] ?? 0)) / length, 0)
    }),
  })
  const train = draw(300, 6)
  const test = draw(20, 6)
  const found = fitLinearMap(train, targetsOf(train)).apply(test)
  const errors = targetsOf(test).values.map((value, i) => Math.abs(value - (found.values[i] ?? Infinity)))
  t.ok(Math.max(...errors) < 0.05)
})

t.test('bears columns that never change', async (t) => {
  const rows = { size: 2, values: Float32Array.of(1, 5, 2, 5, 3, 5) }
  const map = fitLinearMap(rows, { size: 1, values: Float32Array.of(1, 1, 1) })
  t.ok([...map.apply(rows).values].every((value) => Math.abs(value - 1) < 1e-3))
})
