import type { ModelConfig } from '@shardline/model'

/**
 * Widest attention head for which results are promised to be byte-equal whatever the batch and the chunks.
 * Beyond it the kernel sums a score in blocks of 128 unless the total length is at most 64, so that chunks that end below
 * 65 tokens differ from a run that goes past it. Measured: docs/internals/exactness.md.
 */
export const EXACT_HEAD_SIZE_MAX = 128

/** Whether a model of this shape runs byte-equal however its layers, batches and chunks are cut. */
export function isExactShape(config: ModelConfig): boolean {
  return config.headSize <= EXACT_HEAD_SIZE_MAX
}
