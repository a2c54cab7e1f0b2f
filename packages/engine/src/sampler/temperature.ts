import { canonicalExp } from './canonical-exp.ts'
import type { SamplerScratch } from './sampler-scratch.ts'

/** What {@link applyTemperature} needs to know. */
export interface TemperatureInit {
  /** Above 0. */
  readonly temperature: number
  /** The highest logit of the candidates. */
  readonly highest: number
}

/**
 * Gives each candidate the weight `exp((logit - highest) / temperature)`: its softmax probability up to a common factor, the best having 1.
 * Where a logit is +Infinity, those have 1 and all others 0.
 *
 * @returns the sum of the weights, added up in the order of ids.
 */
export function applyTemperature(scratch: SamplerScratch, init: TemperatureInit): number {
  const { logits, ids, weights, count } = scratch
  const { highest } = init
  const inverse = 1 / init.temperature
  const isUnbounded = highest === Infinity
  let total = 0
  for (let i = 0; i < count; i++) {
    const logit = logits[ids[i] ?? 0] ?? 0
    const weight = isUnbounded ? Number(logit === Infinity) : canonicalExp((logit - highest) * inverse)
    weights[i] = weight
    total += weight
  }
  return total
}
