import type { LayerRange, Milliseconds } from '@shardline/core'

/** What is known of one stage's share of a decode step. */
export interface StageTime {
  /** Node id. */
  readonly node: string
  readonly role: 'worker' | 'validator'
  /** Undefined for the validator. */
  readonly layers: LayerRange | undefined
  /** One decode row in milliseconds, with `contextTokens` of the prediction in the cache. */
  readonly computeMs: Milliseconds
  /** What a further token in the cache adds, in milliseconds. */
  readonly perTokenMs: Milliseconds
  /** One way to the next stage, or from the validator to the driver, in milliseconds, with the software at both ends. */
  readonly linkMs: Milliseconds
  /** Whether the loaded stage was timed; else its node's probe was scaled to the model. */
  readonly isMeasured: boolean
}

/** What a {@link SpeedPrediction} is made from. */
export interface SpeedParts {
  /** The driver's own, from a token to the frame with its row, in milliseconds; 0 until it is rehearsed. */
  readonly driverMs: Milliseconds
  /** One way from the driver to the first stage, in milliseconds, with the software at both ends. */
  readonly entryMs: Milliseconds
  /** Workers in order of their layers, then the validator. */
  readonly stages: readonly StageTime[]
  /** Tokens in the cache to which the stages' times belong. */
  readonly contextTokens: number
  /** Decode frames that may be on their way at the same time. */
  readonly decodeFramesInFlightMax: number
}

/** How fast a pipeline will be. */
export interface SpeedPrediction extends SpeedParts {
  /** From frame out to token in with `contextTokens` in the cache, in milliseconds. */
  readonly stepMs: Milliseconds
  /** One token of one stream: from a token to the next, in milliseconds. */
  readonly tokenMs: Milliseconds
  /** Of one stream. */
  readonly tokensPerSecond: number
  /** Of as many streams as keep the pipeline full, each frame with the row of one of them; frames with more rows do better. */
  readonly fullTokensPerSecond: number
}

/**
 * Adds up a decode step: every link once, every stage once, one after the other.
 *
 *     step = entry + Σ (compute + link)        token = driver + step        one stream: 1000 / token tokens/s
 *     full = 1000 × min(1 / slowest compute, frames in flight / step)
 */
export function predictSpeed(parts: SpeedParts): SpeedPrediction {
  const { stages, driverMs, entryMs, decodeFramesInFlightMax } = parts
  const stepMs = stages.reduce((sum, { computeMs, linkMs }) => sum + computeMs + linkMs, entryMs)
  const slowestMs = stages.reduce((most, { computeMs }) => Math.max(most, computeMs), 0)
  const paceMs = Math.max(slowestMs, stepMs / decodeFramesInFlightMax)
  const tokenMs = driverMs + stepMs
  return { ...parts, stepMs, tokenMs, tokensPerSecond: 1000 / tokenMs, fullTokensPerSecond: 1000 / paceMs }
}

/** A prediction with another number of tokens in the cache: attention grows with them. */
export function predictionAt(prediction: SpeedPrediction, contextTokens: number): SpeedPrediction {
  const more = contextTokens - prediction.contextTokens
  const stages = prediction.stages.map((stage) => ({
    ...stage,
    computeMs: Math.max(0, stage.computeMs + stage.perTokenMs * more),
  }))
  const { driverMs, entryMs, decodeFramesInFlightMax } = prediction
  return predictSpeed({ driverMs, entryMs, stages, contextTokens, decodeFramesInFlightMax })
}

/** What was foretold of a pipeline before it answered anything. */
export interface PipelinePrediction {
  /** When it was planned, from the nodes' probes. The ranges were chosen by this. */
  readonly planned: SpeedPrediction
  /** When it was formed, from a rehearsal of the loaded stages; as planned where there was none. */
  readonly formed: SpeedPrediction
}
