import type { LayerRange } from '@shardline/core'

/**
 * What a layer counts that a node with a range loads in addition, against 1 for a node without one: whose range changes
 * also has to rebuild caches, so that a newcomer rather takes all of a lost range than that a neighbour takes part of it.
 */
export const DISTURBANCE_WEIGHT = 2

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
  readonly fixed: readonly LayerRange[]
  readonly layerCount: number
  readonly objective: 'throughput' | 'latency' | 'overdraft'
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

interface Step {
  readonly cost: Cost
  /** The part that was placed last and the state before it; undefined at the start and for fixed ranges. */
  readonly part: FoundPart | undefined
  readonly before: string | undefined
}

/** How far a partial plan is. */
interface Reached {
  readonly kept: number
  readonly fresh: number
  readonly layer: number
}

/**
 * The best plan that uses every node and covers every layer outside `fixed`, or undefined if there is none.
 *
 * States are (kept nodes used, fresh nodes used, layers placed); from each, the next kept or the next fresh node takes
 * 1..n layers, up to the next fixed range. `moved` and sums add up, the slowest stage is a maximum: each is monotone, so
 * that the best way to a state is part of a best plan.
 */
export function searchPlan(search: PlanSearch): readonly FoundPart[] | undefined {
  const steps = new Map<string, Step>()
  const start: Reached = { kept: 0, fresh: 0, layer: skipFixed(search.fixed, 0) }
  steps.set(keyOf(start), { cost: { moved: 0, main: 0, tie: 0 }, part: undefined, before: undefined })
  for (let layer = start.layer; layer < search.layerCount; layer++) {
    for (let kept = 0; kept <= search.kept.length; kept++) {
      for (let fresh = 0; fresh <= search.fresh.length; fresh++) extend(search, steps, { kept, fresh, layer })
    }
  }
  const end = { kept: search.kept.length, fresh: search.fresh.length, layer: search.layerCount }
  return steps.has(keyOf(end)) ? trace(steps, keyOf(end)) : undefined
}

function extend(search: PlanSearch, steps: Map<string, Step>, at: Reached): void {
  const here = steps.get(keyOf(at))
  if (here === undefined) return
  const wall = search.fixed.find((range) => range.first > at.layer)?.first ?? search.layerCount
  const candidates = [
    { node: search.kept[at.kept], kept: at.kept + 1, fresh: at.fresh },
    { node: search.fresh[at.fresh], kept: at.kept, fresh: at.fresh + 1 },
  ]
  for (const { node, kept, fresh } of candidates) {
    if (node === undefined) continue
    const limit = search.objective === 'overdraft' ? Number.MAX_SAFE_INTEGER : node.layersMax
    const countMax = Math.min(wall - at.layer, limit)
    for (let count = 1; count <= countMax; count++) {
      const layers: LayerRange = { first: at.layer, count }
      const cost = addCost(here.cost, partCost(search, node, layers), search.objective)
      const key = keyOf({ kept, fresh, layer: skipFixed(search.fixed, at.layer + count) })
      const known = steps.get(key)
      if (known === undefined || isLess(cost, known.cost)) {
        steps.set(key, { cost, part: { index: node.index, layers }, before: keyOf(at) })
      }
    }
  }
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

function isLess(a: Cost, b: Cost): boolean {
  if (a.moved !== b.moved) return a.moved < b.moved
  if (a.main !== b.main) return a.main < b.main
  return a.tie < b.tie
}

function overlapOf(a: LayerRange, b: LayerRange): number {
  return Math.max(0, Math.min(a.first + a.count, b.first + b.count) - Math.max(a.first, b.first))
}

function skipFixed(fixed: readonly LayerRange[], layer: number): number {
  let next = layer
  for (const range of fixed) if (range.first === next) next += range.count
  return next
}

function keyOf(at: Reached): string {
  return `${at.kept}/${at.fresh}/${at.layer}`
}

function trace(steps: ReadonlyMap<string, Step>, end: string): readonly FoundPart[] {
  const parts: FoundPart[] = []
  for (let step = steps.get(end); step?.part !== undefined;) {
    parts.push(step.part)
    step = step.before === undefined ? undefined : steps.get(step.before)
  }
  return parts.toReversed()
}
