import type { SamplingOptions } from '../../src/sampler/index.ts'

/** What the rules leave of a row of logits, written down as plainly as possible: full sorts, Math.exp, fresh arrays. */
export interface NaiveDistribution {
  /** Kept tokens in the total order with their probabilities. */
  readonly kept: readonly { readonly id: number; readonly probability: number }[]
  /** Whether some cut was so close to its threshold that rounding may decide it. */
  readonly isCloseCall: boolean
}

const CLOSE = 1e-9

export function adjustNaively(
  logits: Float32Array,
  options: SamplingOptions,
  generated: readonly number[],
): readonly number[] {
  const adjusted = Array.from(logits)
  for (const [id, bias] of options.logitBias) adjusted[id] = bias === -Infinity ? bias : adjusted[id]! + bias
  for (const id of new Set(generated)) {
    const logit = adjusted[id]!
    adjusted[id] = logit > 0 ? logit / options.repetitionPenalty : logit * options.repetitionPenalty
  }
  for (const id of new Set(generated)) {
    const occurrences = generated.filter((other) => other === id).length
    adjusted[id]! -= options.presencePenalty + occurrences * options.frequencyPenalty
  }
  return adjusted
}

export function distributionNaively(
  logits: Float32Array,
  options: SamplingOptions,
  generated: readonly number[],
): NaiveDistribution {
  let isCloseCall = false
  let sorted = adjustNaively(logits, options, generated)
    .map((logit, id) => ({ id, logit }))
    .filter(({ logit }) => logit > -Infinity)
    .sort((a, b) => b.logit - a.logit || a.id - b.id)
  if (options.temperature === 0) return { kept: [{ id: sorted[0]!.id, probability: 1 }], isCloseCall }
  if (options.topK > 0) sorted = sorted.slice(0, options.topK)
  const highest = sorted[0]!.logit
  let weighted = sorted.map(({ id, logit }) => ({
    id,
    weight: Math.exp((logit - highest) / options.temperature),
  }))
  if (options.topP < 1) {
    const target = options.topP * weighted.reduce((sum, { weight }) => sum + weight, 0)
    let sum = 0
    let count = 0
    while (count < weighted.length && sum < target) {
      sum += weighted[count]!.weight
      count++
      if (Math.abs(sum / target - 1) < CLOSE) isCloseCall = true
    }
    weighted = weighted.slice(0, count)
  }
  if (weighted.some(({ weight }) => Math.abs(weight - options.minP) < CLOSE * options.minP))
    isCloseCall = true
  weighted = weighted.filter(({ weight }) => weight >= options.minP)
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0)
  return { kept: weighted.map(({ id, weight }) => ({ id, probability: weight / total })), isCloseCall }
}

/** The token that a uniform number picks: cumulative probabilities in the order of ids. Undefined if rounding may decide. */
export function drawNaively({ kept }: NaiveDistribution, uniform: number): number | undefined {
  let sum = 0
  for (const { id, probability } of kept.toSorted((a, b) => a.id - b.id)) {
    sum += probability
    if (Math.abs(sum - uniform) < CLOSE) return undefined
    if (sum > uniform) return id
  }
  return undefined
}

export function logprobNaively(logits: Float32Array, id: number): number {
  const highest = Math.max(...logits)
  let total = 0
  for (const logit of logits) total += Math.exp(logit - highest)
  return logits[id]! - highest - Math.log(total)
}
