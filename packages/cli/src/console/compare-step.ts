import type { AnswerResult, PipelinePrediction, SpeedPrediction } from '@shardline/driver'
import { predictionAt } from '@shardline/driver'

/** One token's time as it was foretold and as it was, in milliseconds. */
export interface StepComparison {
  /** Before anything was loaded. */
  readonly plannedMs: number
  /** By the loaded stages, with as many tokens in the cache as in the middle of the answer. */
  readonly predictedMs: number
  /** Median over the answer's decode steps. */
  readonly measuredMs: number
  /** What `predictedMs` is the sum of. */
  readonly predicted: SpeedPrediction
}

/** Compares an answer with what was foretold of its pipeline; undefined without a prediction or a decode step. */
export function compareStep(
  { promptTokenIds, tokenIds, timings }: AnswerResult,
  prediction: PipelinePrediction | undefined,
): StepComparison | undefined {
  const steps = timings.stepMs.toSorted((a, b) => a - b)
  const measuredMs = steps[Math.floor(steps.length / 2)]
  if (prediction === undefined || measuredMs === undefined) return undefined
  const contextTokens = promptTokenIds.length + tokenIds.length / 2
  const predicted = predictionAt(prediction.formed, contextTokens)
  return { plannedMs: prediction.planned.stepMs, predictedMs: predicted.stepMs, measuredMs, predicted }
}
