import { SeededRandom, sessionId } from '@shardline/core'
import type { ModelConfig } from '@shardline/model'
import t from 'tap'
import { createStage } from '../src/create.ts'
import type { Stage } from '../src/stage.ts'
import { randomHidden, randomShard, smallConfig } from './support/random-shard.ts'

const seed = Number(process.env['SEED'] ?? 20_261_122)
t.comment(`SEED=${seed}`)

/** Ends on both sides of 64, 128 and 256, where kernels change their blocking. */
const LENGTHS = [5, 63, 66, 130, 259]

/** Runs all sequences together, cut at random, and counts the numbers that differ from `expected`. */
async function countDifferences(
  stage: Stage,
  sequences: readonly Float32Array[],
  expected: readonly Float32Array[],
): Promise<number> {
  const random = new SeededRandom(seed)
  const size = stage.hiddenSize
  const lengths = sequences.map((sequence) => sequence.length / size)
  const positions = sequences.map(() => 0)
  const sessions = sequences.map((_, i) => sessionId(`mixed ${i}`))
  for (const session of sessions) stage.open(session, { capacity: 300 })
  let differences = 0
  while (positions.some((position, i) => position < (lengths[i] ?? 0))) {
    const active = sequences
      .map((_, i) => i)
      .filter((i) => (positions[i] ?? 0) < (lengths[i] ?? 0) && random.float() < 0.8)
    if (active.length === 0) continue
    const segments = active.map((i) => {
      const position = positions[i] ?? 0
      const most = [1, 1, 7, 64][random.integer(4)] ?? 1
      return {
        session: sessions[i] ?? sessionId(''),
        position,
        rows: Math.min(most, (lengths[i] ?? 0) - position),
      }
    })
    const hidden = new Float32Array(segments.reduce((sum, segment) => sum + segment.rows, 0) * size)
    let at = 0
    for (const [k, segment] of segments.entries()) {
      const rows = sequences[active[k] ?? 0]?.subarray(
        segment.position * size,
        (segment.position + segment.rows) * size,
      )
      hidden.set(rows ?? [], at)
      at += segment.rows * size
    }
    const output = new Uint32Array((await stage.run({ segments, hidden })).buffer)
    at = 0
    for (const [k, segment] of segments.entries()) {
      const i = active[k] ?? 0
      const whole = new Uint32Array(expected[i]?.buffer ?? new ArrayBuffer(0))
      for (let j = 0; j < segment.rows * size; j++) {
        if (output[at + j] !== whole[segment.position * size + j]) differences++
      }
      at += segment.rows * size
      positions[i] = segment.position + segment.rows
    }
  }
  return differences
}

async function prefillAlone(stage: Stage, sequences: readonly Float32Array[]): Promise<Float32Array[]> {
  const results: Float32Array[] = []
  for (const [i, hidden] of sequences.entries()) {
    const session = sessionId(`alone ${i}`)
    stage.open(session, { capacity: 300 })
    results.push(
      await stage.run({
        segments: [{ session, position: 0, rows: hidden.length / stage.hiddenSize }],
        hidden,
      }),
    )
    stage.close(session)
  }
  return results
}

async function differencesFor(config: ModelConfig, bits: 4 | 8 | 'f32'): Promise<number> {
  using fixture = randomShard(config, { bits })
  const layers = { first: 0, count: config.layerCount }
  const sequences = LENGTHS.map((length, i) => randomHidden(length, config.hiddenSize, seed + i))
  await using two = await createStage({ shard: fixture.shard, layers, threads: 2 })
  const expected = await prefillAlone(two, sequences)
  await using one = await createStage({ shard: fixture.shard, layers, threads: 1 })
  return (
    (await countDifferences(two, sequences, expected)) + (await countDifferences(one, sequences, expected))
  )
}

for (const bits of [4, 8, 'f32'] as const) {
  for (const headSize of [32, 64, 80, 96, 128]) {
    t.test(
      `${bits}, heads of ${headSize}: any cut, mix and thread count gives the bytes of one prefill`,
      async (t) => {
        for (const group of [1, 2, 3, 4]) {
          const config = smallConfig({
            headSize,
            kvHeadCount: 1,
            headCount: group,
            hiddenSize: 96,
            feedForwardSize: 160,
          })
          t.equal(await differencesFor(config, bits), 0, `${group} query heads per KV head`)
        }
      },
    )
  }
}

t.test('makes no promise for heads wider than it was shown exact for', async (t) => {
  const config = smallConfig({
    headSize: 256,
    kvHeadCount: 1,
    headCount: 1,
    hiddenSize: 64,
    feedForwardSize: 96,
  })
  using fixture = randomShard(config, { bits: 8 })
  await using stage = await createStage({ shard: fixture.shard, layers: { first: 0, count: 2 } })
  t.equal(stage.isExact, false)
})
