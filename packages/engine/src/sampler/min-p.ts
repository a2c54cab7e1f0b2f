import { keepFromWeight } from './candidates.ts'
import type { SamplerScratch } from './sampler-scratch.ts'

/** Drops the candidates whose weight is below `minP` times that of the best, which is 1; 0 keeps all. */
export function keepMinP(scratch: SamplerScratch, minP: number): void {
  if (minP > 0) keepFromWeight(scratch, minP)
}
