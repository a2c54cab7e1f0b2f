import { keepFromWeight, keepUpTo } from './candidates.ts'
import { findCut } from './find-cut.ts'
import type { SamplerScratch } from './sampler-scratch.ts'

/** Keeps the smallest prefix of the candidates, in the total order, that holds at least `topP` of their weight (Holtzman et al. 2019, https://arxiv.org/abs/1904.09751); 1 keeps all. */
export function keepTopP(scratch: SamplerScratch, topP: number): void {
  if (topP >= 1) return
  const { total } = scratch
  // All candidates of less weight hold at most half of what may be left out, so none of them is needed: usually nearly all.
  keepFromWeight(scratch, ((1 - topP) * total) / (2 * scratch.count))
  keepUpTo(scratch, findCut(scratch, topP * total))
}
