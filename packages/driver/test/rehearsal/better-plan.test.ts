import t from 'tap'
import type { PlanRequest, SpeedPrediction } from '../../src/index.ts'
import { planLayers, predictSpeed } from '../../src/index.ts'
import { betterPlan } from '../../src/rehearsal/better-plan.ts'

const request: PlanRequest = {
  layerCount: 12,
  layerBytes: 1,
  nodes: ['a', 'b'].map((node) => ({
    node,
    layerMs: 1,
    freeBytes: 100,
    fixed: undefined,
    previous: undefined,
  })),
  delays: {
    fromDriver: [0, 0],
    between: [
      [0, 0],
      [0, 0],
    ],
    toValidator: [0, 0],
  },
}

const plan = planLayers(request)
const NEAR = { entryMs: 0, stagesMs: [0, 0, 0] }

/** What a rehearsal of `plan` showed. */
const formed = (computeMs: readonly number[], isMeasured = true): SpeedPrediction =>
  predictSpeed({
    driverMs: 0,
    entryMs: 0,
    stages: [...plan, undefined].map((entry, place) => ({
      node: entry?.node ?? 'v',
      role: entry === undefined ? 'validator' : 'worker',
      layers: entry?.layers,
      computeMs: computeMs[place] ?? 0,
      perTokenMs: 0,
      linkMs: 0,
      isMeasured,
    })),
    contextTokens: 20,
    decodeFramesInFlightMax: 3,
  })

t.test('gives a node fewer layers that takes longer for each than it said', (t) => {
  const better = betterPlan({ request, plan, formed: formed([18, 6, 1]), ways: NEAR })
  t.same(better?.plan, [
    { node: 'a', layers: { first: 0, count: 3 } },
    { node: 'b', layers: { first: 3, count: 9 } },
  ])
  t.equal(better?.gain, 2)
  t.end()
})

t.test('gains nothing where the nodes are as they said', (t) => {
  t.equal(betterPlan({ request, plan, formed: formed([12, 12, 1]), ways: NEAR })?.gain, 1)
  t.end()
})

t.test('counts all stages and the measured links where one stream is to be fast', (t) => {
  const latency: PlanRequest = { ...request, objective: 'latency' }
  const ways = { entryMs: 9, stagesMs: [1, 0, 0] }
  const better = betterPlan({ request: latency, plan, formed: formed([3, 12, 1]), ways })
  t.match(better?.plan, [{ layers: { first: 0, count: 11 } }, { layers: { first: 11, count: 1 } }])
  t.equal(better?.gain, (3 + 12 + 10) / (5.5 + 2 + 10))
  t.end()
})

t.test('says nothing of a plan that was not measured', (t) => {
  t.equal(betterPlan({ request, plan, formed: formed([18, 6, 1], false), ways: NEAR }), undefined)
  t.end()
})
