import type { ModelConfig, Precision } from '@shardline/model'
import { PLAN_WEIGHT_HEADROOM } from './limits.ts'

/** What the planner needs to know of a model's parts. */
export interface PartCost {
  /** Multiply-adds of one row. */
  readonly multiplyAdds: number
  /** Memory in bytes: packed weights with headroom, and cache. */
  readonly bytes: number
}

/**
 * Bytes of one packed weight. Blocks of 32 elements have one f32 scale each, so b bits take b/8 + 4/32 bytes.
 * `auto` keeps 4-bit files at 4 bits, but counts as 8 bits here: an estimate may be too high, not too low.
 */
const BYTES_PER_WEIGHT: Readonly<Record<Precision, number>> = Object.freeze({
  int4: 0.5 + 4 / 32,
  int8: 1 + 4 / 32,
  auto: 1 + 4 / 32,
  f32: 4,
})

/**
 * Cost of one layer: q, k, v and output projections plus the three feed-forward ones, and an f32 cache of `cacheTokens` tokens.
 */
export function layerCost(config: ModelConfig, precision: Precision, cacheTokens: number): PartCost {
  const { hiddenSize, headCount, kvHeadCount, headSize, feedForwardSize } = config
  const attention = hiddenSize * headSize * (2 * headCount + 2 * kvHeadCount)
  const multiplyAdds = attention + 3 * hiddenSize * feedForwardSize
  const cacheBytes = cacheTokens * 2 * kvHeadCount * headSize * 4
  return { multiplyAdds, bytes: weightBytes(multiplyAdds, precision) + cacheBytes }
}

/** Cost of the LM head. */
export function headCost(config: ModelConfig, precision: Precision): PartCost {
  const multiplyAdds = config.hiddenSize * config.vocabularySize
  return { multiplyAdds, bytes: weightBytes(multiplyAdds, precision) }
}

function weightBytes(weights: number, precision: Precision): number {
  return Math.ceil(weights * BYTES_PER_WEIGHT[precision] * PLAN_WEIGHT_HEADROOM)
}
