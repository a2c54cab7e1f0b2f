import t from 'tap'
import { createStage } from '../src/create.ts'
import { stageSuite } from './compliance/stage-suite.ts'
import { randomShard, smallConfig } from './support/random-shard.ts'
import { ReferenceStage } from './support/reference-stage.ts'

const layers = { first: 0, count: 2 }
const config = smallConfig({
  hiddenSize: 64,
  headCount: 2,
  kvHeadCount: 1,
  headSize: 32,
  feedForwardSize: 96,
})

for (const bits of [4, 8, 'f32'] as const) {
  const fixture = randomShard(config, { bits })
  t.teardown(() => fixture[Symbol.dispose]())
  t.test(`the ONNX Runtime stage, ${bits}`, (t) =>
    stageSuite(t, () => createStage({ shard: fixture.shard, layers })),
  )
}

const fixture = randomShard(config, { bits: 'f32' })
t.teardown(() => fixture[Symbol.dispose]())
t.test('the plain reference stage', (t) =>
  stageSuite(t, async () => new ReferenceStage(fixture.shard, layers)),
)
