import { keepUpTo } from './candidates.ts'
import { findCut } from './find-cut.ts'
import { TOP_LOGPROBS_MAX } from './sampler-limits.ts'
import type { SamplerScratch } from './sampler-scratch.ts'

/** Keeps the k first candidates in the total order; 0 keeps all. Overwrites the weights. */
export function keepTopK(scratch: SamplerScratch, topK: number): void {
  if (topK === 0 || topK >= scratch.count) return
  keepUpTo(scratch, topK <= TOP_LOGPROBS_MAX ? findShort(scratch, topK) : findLong(scratch, topK))
}

/** One pass over the candidates, nearly always with one comparison each. */
function findShort(scratch: SamplerScratch, topK: number): number {
  const { best, logits, ids, count } = scratch
  best.reset(topK)
  for (let i = 0; i < count; i++) {
    const id = ids[i] ?? 0
    best.offer(id, logits[id] ?? 0)
  }
  return best.id(topK - 1)
}

/** With every weight 1, the prefix of weight k is the k best. */
function findLong(scratch: SamplerScratch, topK: number): number {
  const { weights, order, count } = scratch
  for (let i = 0; i < count; i++) {
    weights[i] = 1
    order[i] = i
  }
  return findCut(scratch, count, topK)
}
