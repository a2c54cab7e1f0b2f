import { exponentiate } from './canonical-exp.ts'
import type { SamplerScratch } from './sampler-scratch.ts'

/** What {@link applyTemperature} needs to know. */
export interface TemperatureInit {
  /** Above 0. */
  readonly temperature: number
  /** The highest logit of the candidates. */
  readonly highest: number
}

/**
 * Turns each candidate's logit, in the place of its weight, into `exp((logit - highest) / temperature)`:
 * its softmax probability up to a common factor, the best having 1.
 * Where a logit is +Infinity, those have 1 and all others 0.
 */
export function applyTemperature(scratch: SamplerScratch, { temperature, highest }: TemperatureInit): void {
  const { weights, count } = scratch
  scratch.total =
    highest === Infinity
      ? weighUnbounded(weights, count)
      : exponentiate(weights, count, { highest, scale: 1 / temperature })
}

function weighUnbounded(weights: Float64Array, count: number): number {
  let total = 0
  for (let i = 0; i < count; i++) {
    weights[i] = weights[i] === Infinity ? 1 : 0
    total += weights[i] ?? 0
  }
  return total
}
