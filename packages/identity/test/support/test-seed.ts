import { randomInt } from 'node:crypto'

/** The seed of a randomised test: from the variable SEED to replay, or a new one; print it either way. */
export function testSeed(test: { readonly comment: (text: string) => void }): number {
  const given = process.env['SEED']
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given)
  test.comment(`SEED=${seed}`)
  return seed
}
