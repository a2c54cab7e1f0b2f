import type { Test } from 'tap'

/** Whether the heavy suites run in their long form. */
export const isSoak: boolean = process.env['SHARDLINE_SOAK'] === '1'

/** The seed of a randomised test: SEED, or another one each time. It is printed, so that a failure can be replayed. */
export function testSeed(t: Test): number {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`SEED=${seed}`)
  return seed
}
