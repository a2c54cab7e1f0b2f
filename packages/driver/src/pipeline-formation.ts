import type { Epoch, LayerRange, Milliseconds, PipelineId, ShardlineError } from '@shardline/core'
import { AbortedError, CleanupStack, fromUnknown } from '@shardline/core'
import type { ModelConfig, Precision } from '@shardline/model'
import type { ReadyMessage } from '@shardline/wire'
import type { Start } from './all-or-first.ts'
import { allOrFirst } from './all-or-first.ts'
import { PipelineSettingInvalidError } from './errors.ts'
import type { StageProgress } from './load-stage.ts'
import { loadStage } from './load-stage.ts'
import type { FormedStage } from './member-of.ts'
import type { FormationComponents, Met, StagePlace } from './meet-stage.ts'
import { meetStage } from './meet-stage.ts'
import { checkHeadFits, planRequest, predictPlan } from './plan-formation.ts'
import type { ModelWeights } from './model-weights.ts'
import type { PlanEntry, PlanObjective, PlanRequest } from './planner.ts'
import { planLayers } from './planner.ts'
import type { SpeedPrediction } from './speed-prediction.ts'
import type { StageLink } from './stage-link.ts'

/** What is to be formed. */
export interface FormationInit {
  readonly id: PipelineId
  readonly epoch: Epoch
  readonly workers: readonly string[]
  readonly validator: string
  readonly model: { readonly reference: string; readonly digest: string; readonly config: ModelConfig }
  /** Where stages without the model can have it. */
  readonly weights: ModelWeights
  readonly precision: Precision
  /** One range per worker, by hand; undefined lets the planner choose. */
  readonly layers: readonly LayerRange[] | undefined
  /** Layers that nodes held in the plan before, by node id. */
  readonly previous: ReadonlyMap<string, LayerRange>
  readonly objective: PlanObjective
  readonly contextLength: number
  readonly sessionsMax: number
  readonly onProgress: ((progress: StageProgress) => void) | undefined
  readonly dialMsMax: Milliseconds
  readonly describeMsMax: Milliseconds
  readonly stageProgressMsMax: Milliseconds
  readonly decodeFramesInFlightMax: number
  readonly signal: AbortSignal | undefined
}

/** A pipeline whose stages are all loaded and linked. */
export interface Formation {
  /** In order of their layers. */
  readonly workers: readonly FormedStage[]
  readonly validator: FormedStage
  /** What is foretold of it by what its nodes said before they loaded. */
  readonly planned: SpeedPrediction
  /** What the plan was made from, and the plan. */
  readonly request: PlanRequest
  readonly plan: readonly PlanEntry[]
}

/**
 * Reaches all nodes at once, asks what they are, checks and plans, lets all load at the same time and waits until each is
 * linked to the next. The plans go out from the last stage to the first, so that a stage is mostly known where it is dialed.
 * If anything fails, what was done is undone: every node is released and every link closed.
 *
 * @throws StageUnreachableError, StageSilentError, StageUnsuitableError, StageFailedError, StageLostError,
 * StageAnswerUnexpectedError, AbortedError, and what {@link planLayers} throws; each names the node and the reason.
 */
export async function formStages(components: FormationComponents, init: FormationInit): Promise<Formation> {
  await using undo = new CleanupStack()
  const release = (link: StageLink): void =>
    undo.add(() => link.close({ kind: 'release', pipeline: init.id }, 'the pipeline could not be formed'))
  const placeOf = (address: string, index: number): StagePlace =>
    index < init.workers.length
      ? { role: 'worker', index, address }
      : { role: 'validator', index: 0, address }
  const addresses = [...init.workers, init.validator]
  const met = await allOrFirst(
    addresses.map(
      (address, index): Start<Met> =>
        (signal) =>
          meetStage(components, placeOf(address, index), { ...init, signal, onLink: release }),
    ),
    init.signal,
  )
  const validator = met.at(-1)
  const workers = met.slice(0, -1)
  if (validator === undefined) throw new PipelineSettingInvalidError('no validator was given')
  const formation = await formOver(components, { workers, validator }, init)
  undo.release()
  return formation
}

/** Nodes of which a pipeline is to be formed. */
export interface MetStages {
  readonly workers: readonly Met[]
  readonly validator: Met
}

/**
 * Plans the layers over nodes that are reached already, and lets all load.
 *
 * @throws as {@link formStages}; the links stay open.
 */
export async function formOver(
  components: FormationComponents,
  { workers, validator }: MetStages,
  init: FormationInit,
): Promise<Formation> {
  checkHeadFits(validator, init)
  const request = planRequest(workers, validator, init)
  const plan = planLayers(request)
  const planned = predictPlan(plan, { workers, validator }, init)
  for (const entry of plan) workers[entry.index]?.link.identify({ layers: entry.layers })
  const ordered = plan.flatMap((entry) => workers[entry.index] ?? [])
  const stages = [...ordered, validator]
  // They were met in any order; who lacks the model asks the holders in the order of their layers.
  for (const { link, description } of stages) init.weights.note(link.dialAddress, description)
  for (const { link } of stages) components.log.info('stage-planned', { pipeline: init.id, ...link.identity })
  const loads = stages
    .map((stage, index) => ({ stage, next: stages[index + 1]?.link.dialAddress ?? null }))
    .toReversed()
  const ready = await loadAll(loads, init)
  const formed = loads.map(({ stage }, index) => ({ link: stage.link, ready: ready[index] })).toReversed()
  for (const { link } of formed) components.log.info('stage-ready', { pipeline: init.id, ...link.identity })
  const complete = formed.flatMap(({ link, ready: answer }) =>
    answer === undefined ? [] : [{ link, ready: answer }],
  )
  const last = complete.at(-1)
  if (last === undefined) throw new PipelineSettingInvalidError('no stage was formed')
  return { workers: complete.slice(0, -1), validator: last, planned, request, plan }
}

interface Load {
  readonly stage: Met
  /** Address of the stage behind it. */
  readonly next: string | null
}

/** Lets all stages load; a stage that is lost ends it, also one that was ready already. */
async function loadAll(loads: readonly Load[], init: FormationInit): Promise<readonly ReadyMessage[]> {
  const losses: ShardlineError[] = []
  const given = new AbortController()
  for (const { stage } of loads) {
    void stage.link.lost.then((error) => {
      losses.push(error)
      given.abort()
    })
  }
  const until = init.signal === undefined ? given.signal : AbortSignal.any([given.signal, init.signal])
  const starts = loads.map(
    ({ stage, next }): Start<ReadyMessage> =>
      (signal) =>
        loadStage(stage.link, { init, epoch: init.epoch, next, signal }),
  )
  try {
    return await allOrFirst(starts, until)
  } catch (cause) {
    throw cause instanceof AbortedError && losses[0] !== undefined ? losses[0] : fromUnknown(cause)
  }
}
