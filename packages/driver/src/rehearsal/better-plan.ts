import type { LayerRange, Milliseconds } from '@shardline/core'
import type { PlanEntry, PlanRequest } from '../planner.ts'
import { planLayers } from '../planner.ts'
import type { SpeedPrediction, StageTime } from '../speed-prediction.ts'
import type { LinkWays } from './rehearsed-parts.ts'

/** A plan that the measured times speak for. */
export interface BetterPlan {
  /** In the order of the layers. */
  readonly plan: readonly { readonly node: string; readonly layers: LayerRange }[]
  /** What the plan in force takes for what it was made for, as a multiple of what this one would take. */
  readonly gain: number
}

/** What is compared. */
export interface BetterPlanInit {
  /** What the plan in force was made from, and what came of it. */
  readonly request: PlanRequest
  readonly plan: readonly PlanEntry[]
  readonly formed: SpeedPrediction
  readonly ways: LinkWays
}

/**
 * The plan as it would have been made with the measured times: of each node per layer, and of the links that there are.
 * Undefined where the plan in force isn't measured.
 */
export function betterPlan(init: BetterPlanInit): BetterPlan | undefined {
  const { request, plan, formed } = init
  const stages = formed.stages.slice(0, plan.length)
  if (stages.length < plan.length || stages.some(({ isMeasured }) => !isMeasured)) return undefined
  const layerMs = new Map(plan.map(({ index }, place) => [index, layerMsOf(stages[place])]))
  const measured: PlanRequest = {
    ...request,
    nodes: request.nodes.map((node, index) => ({ ...node, layerMs: layerMs.get(index) ?? node.layerMs })),
    delays: delaysOf(init),
  }
  const best = planLayers(measured)
  return {
    plan: best.map(({ node, layers }) => ({ node, layers })),
    gain: costOf(plan, measured) / costOf(best, measured),
  }
}

function layerMsOf(stage: StageTime | undefined): Milliseconds {
  return stage?.layers === undefined ? 0 : stage.computeMs / stage.layers.count
}

/** The delays that the plan was made with, those that were measured in their place. */
function delaysOf({ request, plan, ways }: BetterPlanInit): PlanRequest['delays'] {
  const { delays } = request
  if (delays === undefined) return undefined
  const fromDriver = [...delays.fromDriver]
  const between = delays.between.map((row) => [...row])
  const toValidator = [...delays.toValidator]
  for (const [place, { index }] of plan.entries()) {
    const next = plan[place + 1]?.index
    const wayMs = ways.stagesMs[place]
    if (place === 0 && ways.entryMs !== undefined) fromDriver[index] = ways.entryMs
    if (wayMs === undefined) continue
    const row = between[index]
    if (next === undefined) toValidator[index] = wayMs
    else if (row !== undefined) row[next] = wayMs
  }
  return { fromDriver, between, toValidator }
}

/** What a plan is compared by, in milliseconds: the slowest stage, or for `latency` the sum of stages and links. */
function costOf(plan: readonly PlanEntry[], { nodes, objective, delays }: PlanRequest): Milliseconds {
  const times = plan.map(({ index, layers }) => (nodes[index]?.layerMs ?? 0) * layers.count)
  if (objective !== 'latency') return Math.max(...times)
  const links = plan.map(({ index }, place) => {
    const next = plan[place + 1]?.index
    const wayMs = next === undefined ? delays?.toValidator[index] : delays?.between[index]?.[next]
    return (wayMs ?? 0) + (place === 0 ? (delays?.fromDriver[index] ?? 0) : 0)
  })
  return [...times, ...links].reduce((sum, ms) => sum + ms, 0)
}
