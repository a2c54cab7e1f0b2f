/**
 * Runs a range of layers of a model on this machine: ONNX Runtime through its C API, an exact ragged graph, a KV cache
 * that is updated in place, the LM head, and the canonical sampler.
 *
 * ```ts
 * import { sessionId } from '@shardline/core'
 * import { createHead, createStage } from '@shardline/engine'
 * import { loadShard, openCheckpoint } from '@shardline/model'
 *
 * const cacheFolder = './cache'
 * await using checkpoint = await openCheckpoint('./models/storyteller', { cacheFolder })
 * const layers = { first: 0, count: checkpoint.config.layerCount }
 * const shard = await loadShard(checkpoint, { layers, hasHead: true }, { cacheFolder })
 * await using stage = await createStage({ shard, layers })
 * await using head = await createHead({ shard })
 * stage.open(sessionId('a'), { capacity: 16 })
 * const hidden = new Float32Array(stage.hiddenSize)
 * const rows = await stage.run({ segments: [{ session: sessionId('a'), position: 0, rows: 1 }], hidden })
 * console.log((await head.logits(rows, 1)).length)
 * ```
 */
export * from './create.ts'
export * from './engine-init.ts'
export * from './errors.ts'
export * from './exactness.ts'
export * from './grammar/index.ts'
export * from './head.ts'
export * from './limits.ts'
export * from './probe/measure-speed.ts'
export * from './probe/numeric-class.ts'
export * from './runtime-info.ts'
export * from './sampler/index.ts'
export * from './stage.ts'
