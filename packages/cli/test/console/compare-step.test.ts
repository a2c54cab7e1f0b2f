import t from 'tap'
import type { AnswerResult, PipelinePrediction, SpeedPrediction } from '@shardline/driver'
import { predictSpeed } from '@shardline/driver'
import { compareStep } from '../../src/console/compare-step.ts'

const predictionOf = (computeMs: number, perTokenMs: number): SpeedPrediction =>
  predictSpeed({
    driverMs: 0.5,
    entryMs: 1,
    stages: [
      {
        node: 'w',
        role: 'worker',
        layers: { first: 0, count: 1 },
        computeMs,
        perTokenMs,
        linkMs: 1,
        isMeasured: true,
      },
    ],
    contextTokens: 100,
    decodeFramesInFlightMax: 1,
  })

const prediction: PipelinePrediction = { planned: predictionOf(5, 0), formed: predictionOf(8, 0.5) }

const answer = (stepMs: readonly number[], tokenMs: readonly number[] = stepMs): AnswerResult =>
  ({
    promptTokenIds: Array.from({ length: 90 }, () => 1),
    tokenIds: Array.from({ length: 24 }, () => 1),
    timings: { stepMs, tokenMs },
  }) as unknown as AnswerResult

t.test('compares the median token with the prediction for the middle of the answer', async (t) => {
  t.match(compareStep(answer([90, 12, 11], [91, 13, 12]), prediction), {
    plannedMs: 7.5,
    predictedMs: 11.5,
    measuredMs: 13,
    measuredStepMs: 12,
    predicted: { entryMs: 1, contextTokens: 102, stages: [{ computeMs: 9, linkMs: 1 }] },
  })
})

t.test('compares nothing without a prediction or a step', async (t) => {
  t.equal(compareStep(answer([1]), undefined), undefined)
  t.equal(compareStep(answer([]), prediction), undefined)
})
