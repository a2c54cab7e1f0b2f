import type { LayerRange } from '@shardline/core'

/**
 * What a layer counts that a node with a range loads in addition, against 1 for a node without one: whose range changes
 * also has to rebuild caches, so that a newcomer rather takes all of a lost range than that a neighbour takes part of it.
 */
export const DISTURBANCE_WEIGHT = 2

/** One-way delays of the links that a plan may use, in milliseconds, by index in the request's `nodes`. */
export interface PlanDelays {
  readonly fromDriver: readonly number[]
  /** `between[a][b]`: from `a` to `b`. */
  readonly between: readonly (readonly number[])[]
  readonly toValidator: readonly number[]
}

/** One node in the search. */
export interface PlannedNode {
  /** Index in the request. */
  readonly index: number
  readonly layerMs: number
  /** Layers that its memory holds. */
  readonly layersMax: number
  readonly previous: LayerRange | undefined
}

/** What {@link searchPlan} looks for; `overdraft` ignores the memory limits and overdraws them as little as possible. */
export interface PlanSearch {
  /** Nodes with a range of the plan before, in its order. */
  readonly kept: readonly PlannedNode[]
  /** Other nodes, in the order in which they were named. */
  readonly fresh: readonly PlannedNode[]
  /** Ranges that are taken, in order, without overlap. */
  readonly fixed: readonly FoundPart[]
  readonly layerCount: number
  readonly objective: 'throughput' | 'latency' | 'overdraft'
  /** Undefined: no link is longer than another. */
  readonly delays: PlanDelays | undefined
}

/** A search for plans none of whose stages takes longer than `stageMsMax`. */
interface BoundedSearch extends PlanSearch {
  readonly stageMsMax: number
}

/** A node's part in the plan that was found. */
export interface FoundPart {
  readonly index: number
  readonly layers: LayerRange
}

/** Cost of a partial plan, compared first by `moved`, then by `main`, then by `tie`. */
interface Cost {
  /** Layers to load anew, weighted. */
  readonly moved: number
  readonly main: number
  readonly tie: number
}

/** How far a partial plan is. */
interface Reached {
  readonly kept: number
  readonly fresh: number
  readonly layer: number
  /** Index of the node that holds the last layer that was placed; undefined at the driver. */
  readonly last: number | undefined
}

interface Step {
  readonly at: Reached
  readonly cost: Cost
  /** The part that was placed last and the step before it; undefined at the start. */
  readonly part: FoundPart | undefined
  readonly before: Step | undefined
}

/** The best step to each state, by how many nodes and layers are placed and then by the last node. */
type Steps = Map<string, Map<number | undefined, Step>>

/**
 * The best plan that uses every node and covers every layer outside `fixed`, or undefined if there is none.
 *
 * States are (kept nodes used, fresh nodes used, layers placed, last node); from each, the next kept or the next fresh node
 * takes 1..n layers, up to the next fixed range. `moved` and sums add up, the slowest stage is a maximum, and what a link
 * costs depends on the last node and the next: each is monotone, so that the best way to a state is part of a best plan.
 * The last node is one of three, the last kept one, the last fresh one or a fixed one, so that it multiplies the states by no more.
 *
 * The slowest stage with the sum after it isn't monotone: what is behind may be slower than both ways to a state, and then
 * only the sum counts. So `throughput` looks for the slowest stage first, and then for the smallest sum with none slower.
 */
export function searchPlan(search: PlanSearch): readonly FoundPart[] | undefined {
  const best = searchBest({ ...search, stageMsMax: Infinity })
  if (best === undefined || search.objective !== 'throughput')
    return best === undefined ? undefined : trace(best)
  const shortest = searchBest({ ...search, objective: 'latency', stageMsMax: best.cost.main })
  return trace(shortest ?? best)
}

function searchBest(search: BoundedSearch): Step | undefined {
  const steps: Steps = new Map()
  const start = enterFixed(search, {
    at: { kept: 0, fresh: 0, layer: 0, last: undefined },
    cost: { moved: 0, main: 0, tie: 0 },
    part: undefined,
    before: undefined,
  })
  keep(steps, start)
  for (let layer = start.at.layer; layer < search.layerCount; layer++) {
    for (let kept = 0; kept <= search.kept.length; kept++) {
      for (let fresh = 0; fresh <= search.fresh.length; fresh++) {
        for (const step of steps.get(keyOf({ kept, fresh, layer }))?.values() ?? [])
          extend(search, steps, step)
      }
    }
  }
  const end = { kept: search.kept.length, fresh: search.fresh.length, layer: search.layerCount }
  return cheapestEnd(search, [...(steps.get(keyOf(end))?.values() ?? [])])
}

/** The best of the complete plans, each with the way from its last node to the validator. */
function cheapestEnd(search: PlanSearch, ends: readonly Step[]): Step | undefined {
  let best: Step | undefined
  for (const step of ends) {
    const { last } = step.at
    const exitMs = last === undefined ? 0 : (search.delays?.toValidator[last] ?? 0)
    const closed = { ...step, cost: addDelay(step.cost, exitMs, search.objective) }
    if (best === undefined || isLess(closed.cost, best.cost)) best = closed
  }
  return best
}

function extend(search: BoundedSearch, steps: Steps, here: Step): void {
  const { at } = here
  const wall = search.fixed.find(({ layers }) => layers.first > at.layer)?.layers.first ?? search.layerCount
  const candidates = [
    { node: search.kept[at.kept], kept: at.kept + 1, fresh: at.fresh },
    { node: search.fresh[at.fresh], kept: at.kept, fresh: at.fresh + 1 },
  ]
  for (const { node, kept, fresh } of candidates) {
    if (node === undefined) continue
    const limit = search.objective === 'overdraft' ? Number.MAX_SAFE_INTEGER : node.layersMax
    const countMax = Math.min(wall - at.layer, limit)
    const reached = addDelay(here.cost, delayOf(search, at.last, node.index), search.objective)
    for (let count = 1; count <= countMax && node.layerMs * count <= search.stageMsMax; count++) {
      const layers: LayerRange = { first: at.layer, count }
      const placed: Step = {
        at: { kept, fresh, layer: at.layer + count, last: node.index },
        cost: addCost(reached, partCost(search, node, layers), search.objective),
        part: { index: node.index, layers },
        before: here,
      }
      keep(steps, enterFixed(search, placed))
    }
  }
}

/** Goes on over the fixed ranges that follow: their links count, their layers are nobody's choice. */
function enterFixed(search: PlanSearch, step: Step): Step {
  let { at, cost } = step
  for (const { index, layers } of search.fixed) {
    if (layers.first !== at.layer) continue
    cost = addDelay(cost, delayOf(search, at.last, index), search.objective)
    at = { ...at, layer: at.layer + layers.count, last: index }
  }
  return { ...step, at, cost }
}

function keep(steps: Steps, step: Step): void {
  const key = keyOf(step.at)
  const byLast = steps.get(key) ?? new Map<number | undefined, Step>()
  const known = byLast.get(step.at.last)
  if (known === undefined || isLess(step.cost, known.cost)) byLast.set(step.at.last, step)
  steps.set(key, byLast)
}

function partCost(search: PlanSearch, node: PlannedNode, layers: LayerRange): Cost {
  const ms = node.layerMs * layers.count
  if (search.objective === 'overdraft') {
    return { moved: 0, main: Math.max(0, layers.count - node.layersMax), tie: ms }
  }
  const isReplanned = search.kept.length > 0
  const loaded = layers.count - (node.previous === undefined ? 0 : overlapOf(node.previous, layers))
  const weight = node.previous === undefined ? 1 : DISTURBANCE_WEIGHT
  return { moved: isReplanned ? weight * loaded : 0, main: ms, tie: ms }
}

function addCost(a: Cost, b: Cost, objective: PlanSearch['objective']): Cost {
  return {
    moved: a.moved + b.moved,
    main: objective === 'throughput' ? Math.max(a.main, b.main) : a.main + b.main,
    tie: objective === 'latency' ? Math.max(a.tie, b.tie) : a.tie + b.tie,
  }
}

/** A link delays one stream's token; a full pipeline's pace it leaves alone. */
function addDelay(cost: Cost, delayMs: number, objective: PlanSearch['objective']): Cost {
  if (objective === 'latency') return { ...cost, main: cost.main + delayMs }
  return { ...cost, tie: cost.tie + delayMs }
}

function delayOf({ delays }: PlanSearch, from: number | undefined, to: number): number {
  if (delays === undefined) return 0
  return (from === undefined ? delays.fromDriver[to] : delays.between[from]?.[to]) ?? 0
}

function isLess(a: Cost, b: Cost): boolean {
  if (a.moved !== b.moved) return a.moved < b.moved
  if (a.main !== b.main) return a.main < b.main
  return a.tie < b.tie
}

function overlapOf(a: LayerRange, b: LayerRange): number {
  return Math.max(0, Math.min(a.first + a.count, b.first + b.count) - Math.max(a.first, b.first))
}

function keyOf(at: Omit<Reached, 'last'>): string {
  return `${at.kept}/${at.fresh}/${at.layer}`
}

function trace(end: Step): readonly FoundPart[] {
  const parts: FoundPart[] = []
  for (let step: Step | undefined = end; step !== undefined; step = step.before)
    if (step.part !== undefined) parts.push(step.part)
  return parts.toReversed()
}
