import type { SamplerScratch } from './sampler-scratch.ts'

/** Drops the candidates whose weight is below `minP` times that of the best, which is 1; 0 keeps all. */
export function keepMinP(scratch: SamplerScratch, minP: number): void {
  if (minP === 0) return
  const { ids, weights } = scratch
  let count = 0
  for (let i = 0; i < scratch.count; i++) {
    const weight = weights[i] ?? 0
    if (weight < minP) continue
    ids[count] = ids[i] ?? 0
    weights[count] = weight
    count++
  }
  scratch.count = count
}
