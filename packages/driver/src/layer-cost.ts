import type { Milliseconds } from '@shardline/core'
import type { ModelConfig, Precision } from '@shardline/model'
import type { DescriptionMessage } from '@shardline/wire'
import { PLAN_WEIGHT_HEADROOM } from './limits.ts'

/** What the planner needs to know of a model's parts. */
export interface PartCost {
  /** Multiply-adds of one row. */
  readonly multiplyAdds: number
  /** Bytes of one weight, as a multiple of those that the nodes' probes have. */
  readonly weightFactor: number
  /** Whether it is a layer, whose many small operators take a time of their own however small it is. */
  readonly isLayer: boolean
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
  const weightFactor = BYTES_PER_WEIGHT[precision] / BYTES_PER_WEIGHT.int4
  return {
    multiplyAdds,
    weightFactor,
    isLayer: true,
    bytes: weightBytes(multiplyAdds, precision) + cacheBytes,
  }
}

/** Cost of the LM head. */
export function headCost(config: ModelConfig, precision: Precision): PartCost {
  const multiplyAdds = config.hiddenSize * config.vocabularySize
  const weightFactor = BYTES_PER_WEIGHT[precision] / BYTES_PER_WEIGHT.int4
  return { multiplyAdds, weightFactor, isLayer: false, bytes: weightBytes(multiplyAdds, precision) }
}

/**
 * Time of one decode row through a part, in milliseconds. A single row is bound by reading the weights, so that the probe's
 * time for 4-bit ones goes up with the bytes of each; a layer's small operators come on top.
 */
export function partMs(part: PartCost, speed: DescriptionMessage['speed']): Milliseconds {
  const billions = part.multiplyAdds / 1e9
  return (part.isLayer ? speed.layerMs : 0) + billions * part.weightFactor * speed.decodeMs
}

function weightBytes(weights: number, precision: Precision): number {
  return Math.ceil(weights * BYTES_PER_WEIGHT[precision] * PLAN_WEIGHT_HEADROOM)
}
