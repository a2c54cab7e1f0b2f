import type { Test } from 'tap'

/** The seed of a randomised test: from the variable SEED, or a fixed one; printed either way. */
export function testSeed(t: Test): number {
  const seed = Number(process.env['SEED'] ?? 20_250_101)
  t.comment(`SEED=${seed}`)
  return seed
}
