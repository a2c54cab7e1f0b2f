import type { AnswerResult, PipelinePrediction, SpeedPrediction } from '@shardline/driver'
import { predictionAt } from '@shardline/driver'

/** One token's time as it was foretold and as it was, in milliseconds. */
export interface StepComparison {
  /** Before anything was loaded. */
  readonly plannedMs: number
  /** By the loaded stages, with as many tokens in the cache as in the middle of the answer. */
  readonly predictedMs: number
  /** From each token to the next: median over the answer. */
  readonly measuredMs: number
  /** The part of it from frame out to token in: median over the answer's decode steps. */
  readonly measuredStepMs: number
  /** What `predictedMs` is the sum of. */
  readonly predicted: SpeedPrediction
}

/** Compares an answer with what was foretold of its pipeline; undefined without a prediction or a decode step. */
export function compareStep(
  { promptTokenIds, tokenIds, timings }: AnswerResult,
  prediction: PipelinePrediction | undefined,
): StepComparison | undefined {
  const [measuredMs, measuredStepMs] = [middleOf(timings.tokenMs), middleOf(timings.stepMs)]
  if (prediction === undefined || measuredMs === undefined || measuredStepMs === undefined) return undefined
  const contextTokens = promptTokenIds.length + tokenIds.length / 2
  const predicted = predictionAt(prediction.formed, contextTokens)
  return {
    plannedMs: prediction.planned.tokenMs,
    predictedMs: predicted.tokenMs,
    measuredMs,
    measuredStepMs,
    predicted,
  }
}

/** The median: the upper one of two in the middle. Undefined if there are none. */
function middleOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
