import t from 'tap'
import fc from 'fast-check'
import type { SpeedParts } from '../../src/index.ts'
import { predictionAt, predictSpeed } from '../../src/index.ts'
import type { LinkWays } from '../../src/rehearsal/rehearsed-parts.ts'
import { partsWithWays, rehearsedParts } from '../../src/rehearsal/rehearsed-parts.ts'
import type { RehearsedPass } from '../../src/rehearsal/rehearsed-pass.ts'
import { testSeed } from '../support/toy-cluster.ts'

const seed = testSeed()
t.comment(`SEED=${seed}`)

const planned = (stages: number): SpeedParts => ({
  driverMs: 0,
  entryMs: 7,
  stages: Array.from({ length: stages }, (_, index) => ({
    node: `n${index}`,
    role: index === stages - 1 ? 'validator' : 'worker',
    layers: index === stages - 1 ? undefined : { first: index, count: 1 },
    computeMs: 1,
    perTokenMs: 0,
    linkMs: 9,
    isMeasured: false,
  })),
  contextTokens: 0,
  decodeFramesInFlightMax: 4,
})

const pass = (computeMs: readonly number[], more: Partial<RehearsedPass> = {}): RehearsedPass => ({
  contextTokens: 20,
  computeMs,
  restMs: 4,
  driverMs: 0.5,
  steps: 8,
  ...more,
})

const NEAR: LinkWays = { entryMs: 0, stagesMs: [0, 0] }

t.test('shares what the ways do not explain equally among the links', (t) => {
  const ways = { entryMs: 0.5, stagesMs: [20, undefined] }
  const parts = rehearsedParts(planned(2), { short: pass([3, 1], { restMs: 22 }), long: undefined }, ways)
  t.match(parts, { entryMs: 1, stages: [{ linkMs: 20.5 }, { linkMs: 0.5 }], contextTokens: 20 })
  t.match(parts.stages, [{ computeMs: 3, perTokenMs: 0, isMeasured: true }, { computeMs: 1 }])
  t.end()
})

t.test('has links no longer than what there is for them, where pings were slower', (t) => {
  const ways = { entryMs: 1, stagesMs: [6, 1] }
  const parts = rehearsedParts(planned(2), { short: pass([3, 1]), long: undefined }, ways)
  t.match(parts, { entryMs: 0.5, stages: [{ linkMs: 3 }, { linkMs: 0.5 }] })
  t.end()
})

t.test('lays a line through two passes, and a flat one where it would fall', (t) => {
  const long = pass([5, 1], { contextTokens: 220, restMs: 6, driverMs: 0.25 })
  const parts = rehearsedParts(planned(2), { short: pass([3, 2]), long }, NEAR)
  t.match(parts.stages, [
    { computeMs: 5, perTokenMs: 0.01 },
    { computeMs: 1.5, perTokenMs: 0 },
  ])
  t.equal(parts.contextTokens, 220)
  t.equal(parts.driverMs, 0.375)
  t.equal(parts.entryMs + parts.stages.reduce((sum, { linkMs }) => sum + linkMs, 0), 5)
  t.end()
})

const time = fc.double({ min: 0, max: 1000, noNaN: true })
const passes = fc.integer({ min: 1, max: 6 }).chain((stages) =>
  fc.record({
    short: fc.array(time, { minLength: stages, maxLength: stages }),
    long: fc.option(fc.array(time, { minLength: stages, maxLength: stages }), { nil: undefined }),
    restMs: time,
    ways: fc.array(fc.option(time, { nil: undefined }), { minLength: stages + 1, maxLength: stages + 1 }),
  }),
)

t.test('whatever was measured: parts add up to a step, and none is less than nothing', (t) => {
  const property = fc.property(passes, ({ short, long, restMs, ways: [entryMs, ...stagesMs] }) => {
    const parts = rehearsedParts(
      planned(short.length),
      {
        short: pass(short, { restMs }),
        long: long && pass(long, { restMs, contextTokens: 240 }),
      },
      { entryMs, stagesMs },
    )
    const links = [parts.entryMs, ...parts.stages.map(({ linkMs }) => linkMs)]
    const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * (1 + Math.abs(b))
    const compute = parts.stages.reduce((sum, { computeMs }) => sum + computeMs, 0)
    const prediction = predictSpeed(parts)
    const known = [entryMs, ...stagesMs].map((way) => way ?? 0)
    const isRoom = known.reduce((sum, way) => sum + way, 0) <= restMs
    return (
      near(prediction.stepMs, compute + restMs) &&
      near(
        links.reduce((sum, link) => sum + link, 0),
        restMs,
      ) &&
      links.every((link) => link >= 0) &&
      (!isRoom || links.every((link, index) => link >= (known[index] ?? 0) - 1e-9)) &&
      parts.stages.every(({ computeMs, perTokenMs }) => computeMs >= 0 && perTokenMs >= 0)
    )
  })
  t.match(fc.check(property, { seed, numRuns: 300 }), { failed: false, numRuns: 300 })
  t.end()
})

t.test('whatever was measured: where compute grows, both passes are on its line', (t) => {
  const property = fc.property(time, time, (shortMs, moreMs) => {
    const long = pass([shortMs + moreMs], { contextTokens: 240 })
    const parts = rehearsedParts(planned(1), { short: pass([shortMs]), long }, NEAR)
    const at = (tokens: number): number =>
      predictionAt(predictSpeed(parts), tokens).stages[0]?.computeMs ?? -1
    // What grows is taken for a line only where it is more than rounding.
    return Math.abs(at(240) - shortMs - moreMs) <= 1e-6 && Math.abs(at(20) - shortMs) <= 1e-6
  })
  t.match(fc.check(property, { seed, numRuns: 300 }), { failed: false, numRuns: 300 })
  t.end()
})

t.test('without a rehearsal the known ways take the place of those that were planned', (t) => {
  const parts = partsWithWays(planned(2), { entryMs: undefined, stagesMs: [20, undefined] }, 0.25)
  t.match(parts, { entryMs: 7, stages: [{ linkMs: 20.25, computeMs: 1 }, { linkMs: 9 }] })
  t.end()
})
