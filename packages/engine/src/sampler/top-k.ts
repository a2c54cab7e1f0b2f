import { keepUpTo } from './candidates.ts'
import { findCut } from './find-cut.ts'
import { TOP_LOGPROBS_MAX } from './sampler-limits.ts'
import type { SamplerScratch } from './sampler-scratch.ts'

/** Keeps the k first candidates in the total order, with their logits in the place of their weights; 0 keeps all. */
export function keepTopK(scratch: SamplerScratch, topK: number): void {
  if (topK === 0 || topK >= scratch.count) return
  if (topK <= TOP_LOGPROBS_MAX) {
    keepUpTo(scratch, findShort(scratch, topK))
    return
  }
  // With every weight 1, the prefix of weight k is the k best.
  scratch.weights.fill(1, 0, scratch.count)
  keepUpTo(scratch, findCut(scratch, topK))
  const { weights, logits, ids, count } = scratch
  for (let i = 0; i < count; i++) weights[i] = logits[ids[i] ?? 0] ?? 0
}

/** The id of the k-th best, in one pass over the candidates with nearly always one comparison each. */
function findShort(scratch: SamplerScratch, topK: number): number {
  const { best, ids, weights, count } = scratch
  best.reset(topK)
  for (let i = 0; i < count; i++) best.offer(ids[i] ?? 0, weights[i] ?? 0)
  return best.id(topK - 1)
}
