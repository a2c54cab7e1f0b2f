import t from 'tap'
import { isAllFinite } from '../src/finite-check.ts'

t.test('passes finite numbers, also the largest and negative zero', async (t) => {
  t.equal(isAllFinite(Float32Array.of(0, -0, 3.4e38, -3.4e38, 1e-45)), true)
  t.equal(isAllFinite(new Float32Array(0)), true)
})

t.test('finds NaN and infinity anywhere', async (t) => {
  for (const bad of [Number.NaN, Infinity, -Infinity]) {
    for (const index of [0, 3, 6]) {
      const values = new Float32Array(7).fill(1)
      values[index] = bad
      t.equal(isAllFinite(values), false, `${bad} at ${index}`)
    }
  }
  t.equal(isAllFinite(Float32Array.of(Infinity, -Infinity)), false, 'infinities that would cancel out')
})
