import type { LayerRange } from '@shardline/core'
import { missingLayers } from '@shardline/core'
import {
  ModelTooLargeError,
  PlanLayersDoubledError,
  PlanLayersMissingError,
  PlanLayersOutOfRangeError,
  PlanWorkersTooManyError,
  WorkersMissingError,
} from './errors.ts'
import { searchPlan } from './plan-search.ts'
import type { PlanDelays, PlannedNode } from './plan-search.ts'

export type { PlanDelays } from './plan-search.ts'

/** What a plan makes better where it has a choice. */
export type PlanObjective = 'throughput' | 'latency'

/** What the planner knows of one node. */
export interface PlanNode {
  /** Unique name, for messages and for the previous plan. */
  readonly node: string
  /** Time that one layer takes for one decode row, in milliseconds; only the ratio between nodes matters. */
  readonly layerMs: number
  /** Memory that this plan may use, in bytes, without what the node already holds for `previous`. */
  readonly freeBytes: number
  /** Layers that the node serves and no others; undefined if it takes what the plan says. */
  readonly fixed: LayerRange | undefined
  /** Layers that the node holds from the plan before; undefined if none. */
  readonly previous: LayerRange | undefined
}

/** What is to be planned. */
export interface PlanRequest {
  readonly layerCount: number
  /** Memory of one layer with its share of the cache, in bytes. */
  readonly layerBytes: number
  /** In the order in which they were named. */
  readonly nodes: readonly PlanNode[]
  /** @default 'throughput' */
  readonly objective?: PlanObjective
  /** @default none: all nodes are as near to each other */
  readonly delays?: PlanDelays | undefined
}

/** Layers of one node. */
export interface PlanEntry {
  /** Index in the request's `nodes`. */
  readonly index: number
  readonly node: string
  readonly layers: LayerRange
}

/**
 * Divides the layers into one contiguous range per node; the result is in the order of the layers and every node has a part.
 *
 * - Fixed ranges stay as they are. Nodes with ranges of the plan before come in the order of that plan, the others in the
 *   order in which they were named, both interleaved as is best.
 * - First aim, where there is a plan before: as few layers as possible to load anew; one that a node with a range loads
 *   in addition counts DISTURBANCE_WEIGHT times one that a node without a range loads.
 * - Second aim: `throughput` makes the slowest stage as fast as possible (many sessions keep all stages busy, so that the
 *   slowest one sets the pace); `latency` makes the sum over stages and links as small as possible (one stream waits for all).
 *   Each is the other's third aim.
 * - No node gets more than its free memory holds. The memory of a fixed range is its node's own business.
 *
 * The search is dynamic programming over (nodes used, layers placed, last node), exact for these aims: layers cost the same
 * everywhere, so that only their number counts, and a link only depends on the two nodes that it joins.
 *
 * @throws WorkersMissingError, PlanLayersOutOfRangeError, PlanLayersDoubledError, PlanLayersMissingError,
 * PlanWorkersTooManyError, ModelTooLargeError.
 */
export function planLayers(request: PlanRequest): readonly PlanEntry[] {
  const { nodes, layerCount } = request
  if (nodes.length === 0) throw new WorkersMissingError()
  const planned = nodes.map((node, index) => toPlannedNode(node, index, request.layerBytes))
  const fixed = checkFixed(nodes, layerCount)
  const free = planned.filter((node) => nodes[node.index]?.fixed === undefined)
  const gaps = missingLayers(
    fixed.map((entry) => entry.layers),
    layerCount,
  )
  const open = gaps.reduce((sum, gap) => sum + gap.count, 0)
  if (free.length === 0) {
    if (gaps.length > 0) throw new PlanLayersMissingError(gaps, layerCount)
    return fixed
  }
  if (free.length > open) throw new PlanWorkersTooManyError(free.length, open)
  if (free.length < gaps.length) throw new PlanLayersMissingError(gaps.slice(free.length), layerCount)
  const kept = free
    .filter((node) => node.previous !== undefined)
    .toSorted((a, b) => (a.previous?.first ?? 0) - (b.previous?.first ?? 0))
  const fresh = free.filter((node) => node.previous === undefined)
  const search = { kept, fresh, fixed, layerCount, delays: request.delays }
  const objective = request.objective ?? 'throughput'
  const found = searchPlan({ ...search, objective })
  if (found === undefined) throw describeShortage(request, { planned: free, search, open })
  const chosen = found.map((part) => ({
    index: part.index,
    node: nodes[part.index]?.node ?? '',
    layers: part.layers,
  }))
  return [...fixed, ...chosen].toSorted((a, b) => a.layers.first - b.layers.first)
}

function toPlannedNode(node: PlanNode, index: number, layerBytes: number): PlannedNode {
  const held = node.previous?.count ?? 0
  const layersMax = layerBytes > 0 ? Math.floor(node.freeBytes / layerBytes) + held : Number.MAX_SAFE_INTEGER
  return { index, layerMs: node.layerMs, layersMax: Math.max(0, layersMax), previous: node.previous }
}

/** Fixed ranges in order; refuses those that overlap or leave the model. */
function checkFixed(nodes: readonly PlanNode[], layerCount: number): readonly PlanEntry[] {
  const entries: PlanEntry[] = []
  for (const [index, node] of nodes.entries()) {
    if (node.fixed === undefined) continue
    const { first, count } = node.fixed
    if (first < 0 || count < 1 || first + count > layerCount) {
      throw new PlanLayersOutOfRangeError(node.node, node.fixed, layerCount)
    }
    entries.push({ index, node: node.node, layers: node.fixed })
  }
  entries.sort((a, b) => a.layers.first - b.layers.first)
  let furthest: PlanEntry | undefined
  for (const entry of entries) {
    const end = furthest === undefined ? 0 : furthest.layers.first + furthest.layers.count
    const { first, count } = entry.layers
    if (furthest !== undefined && first < end) {
      throw new PlanLayersDoubledError({ first, count: Math.min(end, first + count) - first }, [
        furthest.node,
        entry.node,
      ])
    }
    furthest = entry
  }
  return entries
}

interface Shortage {
  readonly planned: readonly PlannedNode[]
  readonly search: Omit<Parameters<typeof searchPlan>[0], 'objective'>
  readonly open: number
}

/**
 * Why no plan was found: memory. The missing bytes are those of the plan that overdraws the nodes' memory least;
 * without limits such a plan exists, for the counts were checked before.
 */
function describeShortage(request: PlanRequest, shortage: Shortage): ModelTooLargeError {
  const least = searchPlan({ ...shortage.search, objective: 'overdraft' }) ?? []
  let missing = 0
  for (const part of least) {
    const limit = shortage.planned.find((node) => node.index === part.index)?.layersMax ?? 0
    missing += Math.max(0, part.layers.count - limit)
  }
  const free = shortage.planned.reduce((sum, node) => sum + (request.nodes[node.index]?.freeBytes ?? 0), 0)
  const held = shortage.planned.reduce((sum, node) => sum + (node.previous?.count ?? 0), 0)
  return new ModelTooLargeError({
    where: `the range of layers without a fixed place (${shortage.open} layers on ${shortage.planned.length} workers)`,
    neededBytes: shortage.open * request.layerBytes,
    freeBytes: free + held * request.layerBytes,
    missingBytes: missing * request.layerBytes,
  })
}
