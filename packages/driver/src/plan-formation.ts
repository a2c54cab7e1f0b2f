import type { LayerRange, Milliseconds } from '@shardline/core'
import type { ModelConfig, Precision } from '@shardline/model'
import type { DescriptionMessage } from '@shardline/wire'
import { ModelTooLargeError, PlanRangesConflictError } from './errors.ts'
import { headCost, layerCost, partMs } from './layer-cost.ts'
import { HOP_MS, PLAN_CACHE_TOKENS_MAX } from './limits.ts'
import type { PlanDelays, PlanEntry, PlanNode, PlanObjective, PlanRequest } from './planner.ts'
import type { SpeedPrediction, StageTime } from './speed-prediction.ts'
import { predictSpeed } from './speed-prediction.ts'
import type { StageIdentity } from './stage-identity.ts'

/** A node that was reached, and what it said of itself. */
export interface MetNode {
  readonly identity: StageIdentity
  readonly description: DescriptionMessage
  /** From the driver and back, in milliseconds; undefined if it could not be measured. */
  readonly roundTripMs: Milliseconds | undefined
}

/** What is to be planned, and for which model. */
export interface FormationPlanInit {
  readonly model: { readonly config: ModelConfig }
  readonly precision: Precision
  /** One range per worker, by hand; undefined lets the planner choose. */
  readonly layers: readonly LayerRange[] | undefined
  /** Layers that nodes held in the plan before, by node id. */
  readonly previous: ReadonlyMap<string, LayerRange>
  readonly objective: PlanObjective
  readonly contextLength: number
  readonly decodeFramesInFlightMax: number
}

/**
 * What is to be planned: the model's layers, to be divided among the workers. For {@link planLayers}.
 *
 * @throws PlanRangesConflictError.
 */
export function planRequest(
  workers: readonly MetNode[],
  validator: MetNode,
  init: FormationPlanInit,
): PlanRequest {
  const { config } = init.model
  if (init.layers !== undefined && init.layers.length !== workers.length) {
    throw new PlanRangesConflictError(
      `${init.layers.length} layer ranges were given for ${workers.length} workers; give one for each, or none`,
    )
  }
  const cost = layerCost(config, init.precision, Math.min(init.contextLength, PLAN_CACHE_TOKENS_MAX))
  const nodes = workers.map(({ identity, description }, index): PlanNode => {
    return {
      node: `worker ${index + 1} (${description.node})`,
      layerMs: partMs(cost, description.speed),
      freeBytes: description.memory.freeBytes,
      fixed: rangeOf(init.layers?.[index], identity, description),
      previous: init.previous.get(description.node),
    }
  })
  return {
    layerCount: config.layerCount,
    layerBytes: cost.bytes,
    nodes,
    objective: init.objective,
    delays: delaysOf(workers, validator),
  }
}

/** @throws ModelTooLargeError if the validator has no memory for the head. */
export function checkHeadFits(
  validator: MetNode,
  init: Pick<FormationPlanInit, 'model' | 'precision'>,
): void {
  const neededBytes = headCost(init.model.config, init.precision).bytes
  const { freeBytes } = validator.description.memory
  if (freeBytes >= neededBytes) return
  const missingBytes = neededBytes - freeBytes
  throw new ModelTooLargeError({ where: 'the head on the validator', neededBytes, freeBytes, missingBytes })
}

/** What is foretold of a plan before anything is loaded: the nodes' probes, scaled to the model, and the driver's links. */
export function predictPlan(
  plan: readonly PlanEntry[],
  nodes: { readonly workers: readonly MetNode[]; readonly validator: MetNode },
  init: FormationPlanInit,
): SpeedPrediction {
  const { config } = init.model
  const { workers, validator } = nodes
  const layer = layerCost(config, init.precision, 0)
  const head = headCost(config, init.precision)
  const ordered = [...plan.flatMap(({ index }) => workers[index] ?? []), validator]
  const stages = ordered.map(({ description }, place): StageTime => {
    const layers = plan[place]?.layers
    const next = ordered[place + 1]
    const here = ordered[place]
    return {
      node: description.node,
      role: layers === undefined ? 'validator' : 'worker',
      layers,
      computeMs:
        layers === undefined
          ? description.speed.runMs + partMs(head, description.speed)
          : description.speed.runMs + layers.count * partMs(layer, description.speed),
      perTokenMs: 0,
      linkMs: HOP_MS + (next === undefined ? oneWay(here) : Math.max(oneWay(here), oneWay(next))),
      isMeasured: false,
    }
  })
  return predictSpeed({
    driverMs: 0,
    entryMs: HOP_MS + oneWay(ordered[0]),
    stages,
    contextTokens: 0,
    decodeFramesInFlightMax: init.decodeFramesInFlightMax,
  })
}

function rangeOf(
  byHand: LayerRange | undefined,
  { address }: StageIdentity,
  description: DescriptionMessage,
): LayerRange | undefined {
  const own = description.layers ?? undefined
  const isSame = byHand === undefined || (byHand.first === own?.first && byHand.count === own.count)
  if (own !== undefined && byHand !== undefined && !isSame) {
    throw new PlanRangesConflictError(
      `${address} was started for layers ${own.first}-${own.first + own.count - 1}, ` +
        `but the pipeline gives it ${byHand.first}-${byHand.first + byHand.count - 1}`,
    )
  }
  return byHand ?? own
}

/**
 * What is known of links before they are there. Between two nodes it takes at least the difference and at most the sum of
 * their ways to the driver; the greater of the two lies between, and is exact where one of them is near the driver.
 */
function delaysOf(workers: readonly MetNode[], validator: MetNode): PlanDelays {
  const ways = workers.map(oneWay)
  const last = oneWay(validator)
  return {
    fromDriver: ways,
    between: ways.map((from) => ways.map((to) => Math.max(from, to))),
    toValidator: ways.map((way) => Math.max(way, last)),
  }
}

function oneWay(node: MetNode | undefined): Milliseconds {
  return (node?.roundTripMs ?? 0) / 2
}
