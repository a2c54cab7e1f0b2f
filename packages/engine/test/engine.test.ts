import { sessionId } from '@shardline/core'
import t from 'tap'
import { createHead, createStage, measureNumericClass, runtimeInfo } from '../src/index.ts'
import { randomHidden, randomShard, smallConfig } from './support/random-shard.ts'

const layers = { first: 0, count: 2 }

t.test('the KV cache grows by doubling as it fills, and stays within its limit', async (t) => {
  const config = smallConfig({
    hiddenSize: 64,
    headCount: 2,
    kvHeadCount: 1,
    headSize: 32,
    feedForwardSize: 96,
  })
  using fixture = randomShard(config, { bits: 8 })
  const bytesPerToken = 2 * 2 * 32 * 4
  // The idle cache and the session's first step take 128 tokens each; one doubling holds old and new for a moment.
  await using stage = await createStage({
    shard: fixture.shard,
    layers,
    kvCacheBytesMax: bytesPerToken * (128 + 128 + 256),
  })
  const session = sessionId('a')
  stage.open(session, { capacity: 500 })
  t.equal(stage.memory.kvCacheBytes, bytesPerToken * 256)
  await stage.run({ segments: [{ session, position: 0, rows: 200 }], hidden: randomHidden(200, 64, 1) })
  t.equal(stage.memory.kvCacheBytes, bytesPerToken * (128 + 256))
  const tooMany = stage.run({
    segments: [{ session, position: 200, rows: 200 }],
    hidden: randomHidden(200, 64, 1),
  })
  await t.rejects(tooMany, { code: 'ENGINE_KV_CACHE_FULL', retryable: true })
  t.equal(stage.length(session), 200)
  stage.close(session)
  t.equal(stage.memory.kvCacheBytes, bytesPerToken * 128)
})

t.test('a run leaves the event loop free', async (t) => {
  const config = smallConfig({ hiddenSize: 512, headCount: 8, kvHeadCount: 8, feedForwardSize: 2048 })
  using fixture = randomShard(config, { bits: 4 })
  await using stage = await createStage({ shard: fixture.shard, layers })
  const session = sessionId('a')
  stage.open(session, { capacity: 500 })
  let ticks = 0
  let isRunning = true
  const tick = (): void => {
    ticks++
    if (isRunning) setImmediate(tick)
  }
  setImmediate(tick)
  await stage.run({ segments: [{ session, position: 0, rows: 400 }], hidden: randomHidden(400, 512, 1) })
  isRunning = false
  t.ok(ticks > 5, `${ticks} ticks`)
})

t.test('the head gives each row the same logits alone and among others', async (t) => {
  const config = smallConfig()
  using fixture = randomShard(config, { bits: 8 })
  await using head = await createHead({ shard: fixture.shard })
  const hidden = randomHidden(5, config.hiddenSize, 3)
  const together = Float32Array.from(await head.logits(hidden, 5))
  t.equal(together.length, 5 * config.vocabularySize)
  for (let row = 0; row < 5; row++) {
    const alone = await head.logits(
      hidden.subarray(row * config.hiddenSize, (row + 1) * config.hiddenSize),
      1,
    )
    t.same(alone, together.subarray(row * config.vocabularySize, (row + 1) * config.vocabularySize))
  }
  await t.rejects(head.logits(hidden, 4), { code: 'ENGINE_BATCH_INVALID' })
})

t.test('names the layer or part that a shard lacks', async (t) => {
  using fixture = randomShard(smallConfig(), { bits: 8 })
  await t.rejects(createStage({ shard: fixture.shard, layers: { first: 1, count: 2 } }), {
    code: 'ENGINE_SHARD_INCOMPLETE',
    message: /layer 2 of 1-2/,
  })
  const headless = { ...fixture.shard, parts: fixture.shard.parts.filter(({ part }) => part.kind !== 'head') }
  await t.rejects(createHead({ shard: headless }), { code: 'ENGINE_SHARD_INCOMPLETE', message: /LM head/ })
})

t.test('refuses a thread count that makes no sense', async (t) => {
  using fixture = randomShard(smallConfig(), { bits: 8 })
  for (const threads of [0, -1, 1.5, 257]) {
    await t.rejects(createStage({ shard: fixture.shard, layers, threads }), { code: 'ENGINE_OPTION' })
  }
})

t.test('the numeric class is the same every time and for every thread count', async (t) => {
  const numericClass = await measureNumericClass({ threads: 1 })
  t.match(numericClass, /^nc1-[0-9a-f]{24}$/)
  t.equal(await measureNumericClass({ threads: 2 }), numericClass)
  t.match(runtimeInfo().version, /^\d+\.\d+\.\d+$/)
})
