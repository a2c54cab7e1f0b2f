/**
 * What a checkpoint is: config, tensors, tokenizer and chat template, whatever its format, and its weights packed for the engine.
 *
 * ```ts
 * import { loadShard, openCheckpoint, openEmbeddingTable } from '@shardline/model'
 *
 * const cacheFolder = './cache'
 * await using checkpoint = await openCheckpoint('./models/storyteller', { cacheFolder })
 * const shard = await loadShard(checkpoint, { layers: { first: 0, count: 4 } }, { cacheFolder })
 * await using table = await openEmbeddingTable(checkpoint)
 * const tokenizer = await checkpoint.tokenizer()
 * const rows = await table.rows(tokenizer.encode('Once upon a time'))
 * console.log(shard.byteLength, rows.length)
 * ```
 */
export * from './byte-source.ts'
export * from './cache.ts'
export * from './checkpoint.ts'
export * from './embedding-table.ts'
export * from './errors.ts'
export * from './source/weight-errors.ts'
export * from './gguf/gguf-writer.ts'
export type { GgufMetadata, GgufValue } from './gguf/metadata.ts'
export * from './gguf/write-random-model.ts'
export * from './limits.ts'
export * from './model-config.ts'
export * from './open-checkpoint.ts'
export * from './open-embedding-table.ts'
export * from './packed-shard.ts'
export { verifyPackedPart } from './packing/open-packed-part.ts'
export type { PackingOptions } from './packing/packing-options.ts'
export * from './rope-frequencies.ts'
export type { LayerTensorRole } from './families/tensor-roles.ts'
export * from './shard.ts'
export * from './tokenizer.ts'
export * from './source/checkpoint-files.ts'
export { contentIdOf } from './source/content-id.ts'
export { FilesWeightPeer } from './source/files-weight-peer.ts'
export * from './source/list-files.ts'
export { ListedFiles } from './source/listed-files.ts'
export type { ListedFilesInit, ListedFilesOptions } from './source/listed-files.ts'
export type { ListedFile, SharedFile } from './source/shared-file.ts'
export type { WeightCrew } from './source/weight-crew.ts'
export type { WeightPeer, WeightRange } from './source/weight-peer.ts'
export type { LocalReference, ResolveOptions } from './source/resolve-reference.ts'
export { findLocal, resolveReference } from './source/resolve-reference.ts'
export type { SourceProgress } from './source/cached-blocks.ts'
export type { RemoteOptions } from './source/open-remote.ts'
export { HUB_ENDPOINT_DEFAULT } from './source/open-remote.ts'
export * from './tokenizer/chat-template.ts'
export * from './tokenizer/chat-template-from.ts'
export * from './tokenizer/generation-config.ts'
export * from './tokenizer/tokenizer-from-files.ts'
export * from './tokenizer/tokenizer-from-gguf.ts'
export type { TokenizerOptions } from './tokenizer/checkpoint-tokenizer.ts'
export * from './source/pull-reference.ts'
export type { CachedModel, SourceCacheUsage } from './source/source-cache.ts'
export { removeFromSourceCache, sourceCacheUsage } from './source/source-cache.ts'
