import type { SamplerScratch } from './sampler-scratch.ts'

/**
 * Draws a candidate with a probability in proportion to its weight: the first, in the order of ids,
 * at which the running sum of weights exceeds `uniform` times the whole sum.
 *
 * @param uniform a number from 0 to below 1.
 */
export function draw(scratch: SamplerScratch, uniform: number): number {
  const { ids, weights, count } = scratch
  const target = uniform * scratch.total
  let sum = 0
  for (let i = 0; i < count; i++) {
    sum += weights[i] ?? 0
    if (sum > target) return ids[i] ?? 0
  }
  return ids[count - 1] ?? 0
}
