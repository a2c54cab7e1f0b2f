import { keepUpTo } from './candidates.ts'
import { findCut } from './find-cut.ts'
import type { SamplerScratch } from './sampler-scratch.ts'

/** What {@link keepTopP} needs to know. */
export interface TopPInit {
  /** Above 0; 1 keeps all. */
  readonly topP: number
  /** Sum of the candidates' weights. */
  readonly total: number
}

/** Keeps the smallest prefix of the candidates, in the total order, that holds at least `topP` of their weight (Holtzman et al. 2019, https://arxiv.org/abs/1904.09751). */
export function keepTopP(scratch: SamplerScratch, init: TopPInit): void {
  const { topP, total } = init
  if (topP >= 1) return
  const { weights, order, count } = scratch
  // All candidates of less than this weight hold at most half of what may be left out, so none of them is needed.
  const least = ((1 - topP) * total) / (2 * count)
  let orderCount = 0
  for (let i = 0; i < count; i++) {
    if ((weights[i] ?? 0) >= least) order[orderCount++] = i
  }
  keepUpTo(scratch, findCut(scratch, orderCount, topP * total))
}
