import { SeededRandom } from '@shardline/core'

/** Randomness for one test; prints its seed, and takes it from SEED to replay a run. */
export function testRandom(print: (line: string) => void): SeededRandom {
  const seed = process.env['SEED'] ?? String(process.pid * 7919 + 13)
  print(`SEED=${seed}`)
  return new SeededRandom(BigInt(seed))
}

/** About normally distributed numbers. */
export function normals(random: SeededRandom, count: number, scale = 1): Float32Array {
  return Float32Array.from({ length: count }, () => {
    let sum = 0
    for (let i = 0; i < 12; i++) sum += random.float()
    return (sum - 6) * scale
  })
}
