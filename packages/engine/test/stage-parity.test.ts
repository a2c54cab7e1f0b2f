import { sessionId } from '@shardline/core'
import type { ModelConfig } from '@shardline/model'
import t from 'tap'
import { createStage } from '../src/create.ts'
import { randomHidden, randomShard, smallConfig } from './support/random-shard.ts'
import type { RandomShardOptions } from './support/random-shard.ts'
import { ReferenceStage } from './support/reference-stage.ts'

/** Largest difference between the engine and plain 64-bit arithmetic, relative to the largest result. */
async function difference(config: ModelConfig, options: RandomShardOptions): Promise<number> {
  using fixture = randomShard(config, options)
  const layers = { first: 0, count: config.layerCount }
  const session = sessionId('a')
  const hidden = randomHidden(40, config.hiddenSize, 7)
  const batch = { segments: [{ session, position: 0, rows: 40 }], hidden }
  await using stage = await createStage({ shard: fixture.shard, layers })
  const reference = new ReferenceStage(fixture.shard, layers)
  stage.open(session, { capacity: 64 })
  reference.open(session, { capacity: 64 })
  const [got, expected] = [await stage.run(batch), await reference.run(batch)]
  let [largest, worst] = [0, 0]
  for (let i = 0; i < got.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] ?? 0))
    worst = Math.max(worst, Math.abs((got[i] ?? Number.NaN) - (expected[i] ?? 0)))
  }
  return worst / largest
}

const small = { hiddenSize: 96, headSize: 32, headCount: 6, kvHeadCount: 2, feedForwardSize: 160 }
const variants: Readonly<Record<string, Partial<ModelConfig>>> = {
  'a Llama block': {},
  'biases on q, k and v': { hasQkvBias: true },
  'norms on q and k': { hasQkNorm: true },
  'wide heads': { headSize: 128, headCount: 2, kvHeadCount: 1 },
  'Llama 3 rotary scaling': {
    rope: {
      theta: 500_000,
      scaling: {
        kind: 'llama3',
        factor: 8,
        lowFrequencyFactor: 1,
        highFrequencyFactor: 4,
        originalContextLength: 16,
      },
    },
  },
}

for (const [title, variant] of Object.entries(variants)) {
  t.test(`computes ${title} as plain arithmetic does`, async (t) => {
    t.ok((await difference(smallConfig({ ...small, ...variant }), { bits: 'f32' })) < 1e-5)
  })
}

t.test('computes separate projections as fused ones', async (t) => {
  t.ok((await difference(smallConfig(small), { bits: 'f32', isFused: false })) < 1e-5)
})

for (const [bits, blockSize] of [
  [4, 32],
  [8, 32],
  [8, 64],
  [4, 128],
] as const) {
  t.test(
    `${bits}-bit blocks of ${blockSize} differ from exact weights by no more than 8-bit activations cost`,
    async (t) => {
      const config = smallConfig({ ...small, hiddenSize: 128, feedForwardSize: 256 })
      const got = await difference(config, { bits, blockSize })
      t.ok(got < 0.05, `relative difference ${got}`)
      t.ok(got > 1e-7, 'activations are quantized, so a difference must show')
    },
  )
}
