import t from 'tap'
import type { SpeedParts, StageTime } from '../src/index.ts'
import { predictionAt, predictSpeed } from '../src/index.ts'

const stage = (computeMs: number, more: Partial<StageTime> = {}): StageTime => ({
  node: 'n',
  role: 'worker',
  layers: { first: 0, count: 1 },
  computeMs,
  perTokenMs: 0,
  linkMs: 0,
  isMeasured: true,
  ...more,
})

const parts = (stages: readonly StageTime[], more: Partial<SpeedParts> = {}): SpeedParts => ({
  driverMs: 0,
  entryMs: 0,
  stages,
  contextTokens: 256,
  decodeFramesInFlightMax: 8,
  ...more,
})

t.test('a step takes every stage and every link once', (t) => {
  const stages = [stage(3, { linkMs: 20 }), stage(5, { linkMs: 0.5 }), stage(1, { linkMs: 0.25 })]
  const prediction = predictSpeed(parts(stages, { entryMs: 0.25 }))
  t.equal(prediction.stepMs, 30)
  t.equal(prediction.tokensPerSecond, 1000 / 30)
  const slow = predictSpeed(parts(stages, { entryMs: 0.25, driverMs: 10 }))
  t.match(slow, { stepMs: 30, tokenMs: 40, tokensPerSecond: 25 }, "a token is the driver's own time as well")
  t.end()
})

t.test('a full pipeline goes at the pace of its slowest stage', (t) => {
  const stages = [stage(3, { linkMs: 20 }), stage(5, { linkMs: 1 }), stage(1)]
  t.equal(predictSpeed(parts(stages)).fullTokensPerSecond, 200)
  t.end()
})

t.test('a pipeline is not fuller than its frames allow', (t) => {
  const stages = [stage(3, { linkMs: 20 }), stage(5, { linkMs: 1 }), stage(1)]
  const one = predictSpeed(parts(stages, { decodeFramesInFlightMax: 1 }))
  t.equal(one.fullTokensPerSecond, one.tokensPerSecond)
  t.equal(predictSpeed(parts(stages, { decodeFramesInFlightMax: 3 })).fullTokensPerSecond, 100)
  t.end()
})

t.test('a step grows with the tokens in the cache', (t) => {
  const prediction = predictSpeed(
    parts([stage(3, { perTokenMs: 0.5 }), stage(5, { perTokenMs: 0.25 }), stage(2)]),
  )
  t.same(predictionAt(prediction, 256), prediction)
  t.match(predictionAt(prediction, 260), {
    stepMs: 13,
    tokenMs: 13,
    contextTokens: 260,
    stages: [{ computeMs: 5 }, { computeMs: 6 }, { computeMs: 2 }],
  })
  t.equal(predictionAt(prediction, 252).stepMs, 7)
  t.equal(predictionAt(prediction, 0).stepMs, 2, 'no stage takes less than nothing')
  t.end()
})
