import t from 'tap'
import fc from 'fast-check'
import type { LayerRange } from '@shardline/core'
import type { PlanDelays, PlanEntry, PlanNode, PlanRequest } from '../src/index.ts'
import { planLayers } from '../src/index.ts'
import { testSeed } from './support/toy-cluster.ts'

const seed = testSeed()
t.comment(`SEED=${seed}`)
const runs = { seed, numRuns: 300 }

const node = (name: string, more: Partial<PlanNode> = {}): PlanNode => ({
  node: name,
  layerMs: 1,
  freeBytes: 1e9,
  fixed: undefined,
  previous: undefined,
  ...more,
})

const ranges = (plan: readonly PlanEntry[]): readonly (readonly [string, number, number])[] =>
  plan.map(({ node: name, layers }) => [name, layers.first, layers.count])

/** All ways to divide `count` layers into `parts` positive numbers. */
function compositions(count: number, parts: number): readonly (readonly number[])[] {
  if (parts === 0) return count === 0 ? [[]] : []
  const all: (readonly number[])[] = []
  for (let first = 1; first <= count - parts + 1; first++) {
    for (const rest of compositions(count - first, parts - 1)) all.push([first, ...rest])
  }
  return all
}

/** All orders in which two sequences can be merged. */
function merges<T>(a: readonly T[], b: readonly T[]): readonly (readonly T[])[] {
  const [firstA, ...restA] = a
  const [firstB, ...restB] = b
  if (firstA === undefined || firstB === undefined) return [[...a, ...b]]
  return [
    ...merges(restA, b).map((rest) => [firstA, ...rest]),
    ...merges(a, restB).map((rest) => [firstB, ...rest]),
  ]
}

interface Scored {
  readonly moved: number
  readonly main: number
  readonly tie: number
}

/** Sum of the delays of the links that nodes in this order use. */
function delayOf(delays: PlanDelays | undefined, order: readonly number[]): number {
  if (delays === undefined) return 0
  const [first = 0] = order
  const between = order.slice(1).map((to, index) => delays.between[order[index]!]![to]!)
  return (
    delays.fromDriver[first]! + between.reduce((sum, ms) => sum + ms, 0) + delays.toValidator[order.at(-1)!]!
  )
}

const isBetter = (a: Scored, b: Scored): boolean =>
  a.moved !== b.moved ? a.moved < b.moved : a.main !== b.main ? a.main < b.main : a.tie < b.tie

const overlap = (a: LayerRange, b: LayerRange): number =>
  Math.max(0, Math.min(a.first + a.count, b.first + b.count) - Math.max(a.first, b.first))

function scoreOf(
  request: PlanRequest,
  parts: readonly { readonly node: PlanNode; readonly layers: LayerRange }[],
): Scored {
  const isReplanned = request.nodes.some((entry) => entry.previous !== undefined)
  const moved = parts.reduce((sum, { node: at, layers }) => {
    if (at.previous === undefined) return sum + layers.count
    return sum + 2 * (layers.count - overlap(at.previous, layers))
  }, 0)
  const times = parts.map(({ node: at, layers }) => at.layerMs * layers.count)
  const order = parts.map(({ node: at }) => request.nodes.indexOf(at))
  const stepMs = times.reduce((sum, ms) => sum + ms, 0) + delayOf(request.delays, order)
  const paceMs = Math.max(...times)
  const [main, tie] = request.objective === 'latency' ? [stepMs, paceMs] : [paceMs, stepMs]
  return { moved: isReplanned ? moved : 0, main, tie }
}

/** The best score over every plan, found by trying all; undefined if none fits. */
function bruteForce(request: PlanRequest): Scored | undefined {
  const kept = request.nodes
    .filter((entry) => entry.previous !== undefined)
    .sort((a, b) => a.previous!.first - b.previous!.first)
  const fresh = request.nodes.filter((entry) => entry.previous === undefined)
  let best: Scored | undefined
  for (const order of merges(kept, fresh)) {
    for (const counts of compositions(request.layerCount, order.length)) {
      let first = 0
      const parts = order.map((at, index) => {
        const layers = { first, count: counts[index]! }
        first += layers.count
        return { node: at, layers }
      })
      const fits = parts.every(({ node: at, layers }) => {
        return layers.count <= Math.floor(at.freeBytes / request.layerBytes) + (at.previous?.count ?? 0)
      })
      if (!fits) continue
      const score = scoreOf(request, parts)
      if (best === undefined || isBetter(score, best)) best = score
    }
  }
  return best
}

/** Any delays between up to four nodes. */
function delaysFrom(ways: readonly number[]): PlanDelays {
  const between = [0, 4, 8, 12].map((row) => ways.slice(row, row + 4))
  return { fromDriver: ways.slice(16, 20), between, toValidator: ways.slice(20, 24) }
}

const requests = fc
  .record({
    layerCount: fc.integer({ min: 1, max: 9 }),
    speeds: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
    room: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 4, maxLength: 4 }),
    cuts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
    keeps: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    objective: fc.constantFrom('throughput' as const, 'latency' as const),
    ways: fc.option(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 24, maxLength: 24 })),
  })
  .map(({ layerCount, speeds, room, cuts, keeps, objective, ways }): PlanRequest => {
    let first = 0
    const nodes = speeds.map((layerMs, index) => {
      const count = Math.min(cuts[index]!, layerCount - first)
      const previous = keeps[index]! && count > 0 ? { first, count } : undefined
      first += count
      return node(`n${index}`, { layerMs, freeBytes: room[index]! * 100, previous })
    })
    const delays = ways === null ? undefined : delaysFrom(ways)
    return { layerCount, layerBytes: 100, nodes, objective, delays }
  })

t.test('gives every layer once, in order, within memory, and as well as any other plan', (t) => {
  let planned = 0
  fc.assert(
    fc.property(requests, (request) => {
      const best = bruteForce(request)
      let plan: readonly PlanEntry[]
      try {
        plan = planLayers(request)
      } catch (error) {
        const { code } = error as { code: string }
        const isTooMany = request.nodes.length > request.layerCount
        return (
          best === undefined &&
          code === (isTooMany ? 'DRIVER_PLAN_WORKERS_TOO_MANY' : 'DRIVER_MODEL_TOO_LARGE')
        )
      }
      planned++
      let next = 0
      for (const { layers } of plan) {
        if (layers.first !== next || layers.count < 1) return false
        next += layers.count
      }
      const parts = plan.map(({ index, layers }) => ({ node: request.nodes[index]!, layers }))
      const score = scoreOf(request, parts)
      const isEveryNodeUsed = new Set(plan.map(({ index }) => index)).size === request.nodes.length
      return (
        next === request.layerCount &&
        isEveryNodeUsed &&
        score.moved === best?.moved &&
        score.main === best.main &&
        score.tie === best.tie
      )
    }),
    runs,
  )
  t.ok(planned > 50, `${planned} of the cases had a plan`)
  t.end()
})

t.test('of plans with an equally fast slowest stage takes the one with the shortest sum', (t) => {
  const plan = planLayers({
    layerCount: 8,
    layerBytes: 100,
    nodes: [
      node('n0', { layerMs: 6, freeBytes: 200 }),
      node('n1', { layerMs: 5, freeBytes: 300 }),
      node('n2', { layerMs: 5, freeBytes: 0, previous: { first: 3, count: 3 } }),
      node('n3', { freeBytes: 0, previous: { first: 6, count: 1 } }),
    ],
  })
  t.equal(Math.max(...plan.map(({ index, layers }) => [6, 5, 5, 1][index]! * layers.count)), 15)
  t.same(
    new Map(ranges(plan).map(([name, , count]) => [name, count])),
    new Map([
      ['n0', 1],
      ['n1', 3],
      ['n2', 3],
      ['n3', 1],
    ]),
  )
  t.end()
})

t.test('keeps the plan before where it can be kept', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }), (counts) => {
      let first = 0
      const nodes = counts.map((count, index) => {
        const previous = { first, count }
        first += count
        return node(`n${index}`, { previous, layerMs: index + 1 })
      })
      const plan = planLayers({ layerCount: first, layerBytes: 1, nodes: nodes.toReversed() })
      return plan.every(({ node: name, layers }) => {
        const before = nodes.find((entry) => entry.node === name)?.previous
        return before?.first === layers.first && before.count === layers.count
      })
    }),
    runs,
  )
  t.end()
})

t.test('replacing one node moves only its range, however fast or far the new one is', (t) => {
  const cases = fc.record({
    counts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    lost: fc.nat(),
    layerMs: fc.integer({ min: 1, max: 50 }),
    ways: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 24, maxLength: 24 }),
    objective: fc.constantFrom('throughput' as const, 'latency' as const),
  })
  fc.assert(
    fc.property(cases, ({ counts, lost, layerMs, ways, objective }) => {
      let first = 0
      const before = counts.map((count, index) => {
        const previous = { first, count }
        first += count
        return node(`n${index}`, { previous })
      })
      const gone = lost % before.length
      const nodes = [...before.filter((_, index) => index !== gone), node('new', { layerMs })]
      const delays = delaysFrom(ways)
      const plan = planLayers({ layerCount: first, layerBytes: 1, nodes, objective, delays })
      return plan.every(({ node: name, layers }) => {
        const held = (before.find((entry) => entry.node === name) ?? before[gone])?.previous
        return held?.first === layers.first && held.count === layers.count
      })
    }),
    runs,
  )
  t.end()
})

t.test('places a newcomer where the ways are short, with fixed ranges on the way', (t) => {
  const nodes = [
    node('near', { fixed: { first: 2, count: 2 } }),
    node('a', { layerMs: 1 }),
    node('b', { layerMs: 1 }),
  ]
  const far = 50
  const delays: PlanDelays = {
    fromDriver: [0, 0, far],
    between: [
      [0, far, 0],
      [0, 0, far],
      [far, far, 0],
    ],
    toValidator: [far, far, 0],
  }
  t.same(ranges(planLayers({ layerCount: 6, layerBytes: 1, nodes, delays, objective: 'latency' })), [
    ['a', 0, 2],
    ['near', 2, 2],
    ['b', 4, 2],
  ])
  t.end()
})

t.test('a newcomer takes the range of the node that was lost, and nobody else moves', (t) => {
  const nodes = [
    node('new', { layerMs: 9 }),
    node('c', { previous: { first: 7, count: 2 } }),
    node('a', { previous: { first: 0, count: 3 } }),
  ]
  t.same(ranges(planLayers({ layerCount: 9, layerBytes: 1, nodes })), [
    ['a', 0, 3],
    ['new', 3, 4],
    ['c', 7, 2],
  ])
  t.end()
})

t.test('without a replacement the neighbours share the lost range', (t) => {
  const nodes = [
    node('a', { previous: { first: 0, count: 3 } }),
    node('c', { previous: { first: 7, count: 2 } }),
  ]
  t.same(ranges(planLayers({ layerCount: 9, layerBytes: 1, nodes })), [
    ['a', 0, 4],
    ['c', 4, 5],
  ])
  t.end()
})

t.test('balances by speed for throughput and fills the fastest for latency', (t) => {
  const nodes = [node('slow', { layerMs: 3 }), node('fast', { layerMs: 1, freeBytes: 700 })]
  t.same(ranges(planLayers({ layerCount: 8, layerBytes: 100, nodes })), [
    ['slow', 0, 2],
    ['fast', 2, 6],
  ])
  t.same(ranges(planLayers({ layerCount: 8, layerBytes: 100, nodes, objective: 'latency' })), [
    ['slow', 0, 1],
    ['fast', 1, 7],
  ])
  t.end()
})

t.test('leaves fixed ranges alone and fills the gaps with the other nodes', (t) => {
  const nodes = [node('a'), node('fixed', { fixed: { first: 3, count: 2 } }), node('b')]
  t.same(ranges(planLayers({ layerCount: 10, layerBytes: 1, nodes })), [
    ['a', 0, 3],
    ['fixed', 3, 2],
    ['b', 5, 5],
  ])
  t.end()
})

t.test('names missing, doubled and impossible layers', (t) => {
  const plan = (nodes: readonly PlanNode[], layerCount = 10): unknown =>
    planLayers({ layerCount, layerBytes: 1, nodes })
  const fixed = (name: string, first: number, count: number): PlanNode =>
    node(name, { fixed: { first, count } })
  t.throws(() => plan([fixed('a', 1, 3), fixed('b', 6, 2)]), {
    code: 'DRIVER_PLAN_LAYERS_MISSING',
    message: /layers 0, 4-5, 8-9 of 10/,
  })
  t.throws(() => plan([fixed('a', 0, 6), fixed('b', 4, 6)]), {
    code: 'DRIVER_PLAN_LAYERS_DOUBLED',
    message: /layers 4-5 are held by both a and b/,
  })
  t.throws(() => plan([fixed('a', 0, 9), fixed('b', 2, 2), fixed('c', 9, 1)]), {
    code: 'DRIVER_PLAN_LAYERS_DOUBLED',
    message: /layers 2-3 are held by both a and b/,
  })
  t.throws(() => plan([fixed('a', 8, 3)]), { code: 'DRIVER_PLAN_LAYERS_OUT_OF_RANGE' })
  t.throws(() => plan([fixed('a', 2, 2), node('b')]), {
    code: 'DRIVER_PLAN_LAYERS_MISSING',
    message: /layers 4-9/,
  })
  t.throws(() => plan([node('a'), node('b'), node('c')], 2), { code: 'DRIVER_PLAN_WORKERS_TOO_MANY' })
  t.throws(() => plan([]), { code: 'DRIVER_WORKERS_MISSING' })
  t.end()
})

t.test('says how many bytes are missing when the model does not fit', (t) => {
  const nodes = [node('a', { freeBytes: 250e6 }), node('b', { freeBytes: 320e6 })]
  const plan = (): unknown => planLayers({ layerCount: 8, layerBytes: 100e6, nodes })
  t.throws(plan, {
    code: 'DRIVER_MODEL_TOO_LARGE',
    missingBytes: 300e6,
    message: /needs 800 MB and has 570 MB, 300 MB are missing/,
  })
  t.end()
})

t.test('plans the largest pipelines in reasonable work', (t) => {
  const nodes = Array.from({ length: 24 }, (_, index) => node(`n${index}`, { layerMs: 1 + (index % 5) }))
  const plan = planLayers({ layerCount: 126, layerBytes: 1, nodes })
  t.equal(plan.length, 24)
  t.equal(
    plan.reduce((sum, { layers }) => sum + layers.count, 0),
    126,
  )
  t.end()
})
