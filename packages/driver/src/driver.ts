import type { Clock, LayerRange, Log, Random } from '@shardline/core'
import { AbortedError, epoch, pipelineId } from '@shardline/core'
import type { EmbeddingTable, ModelConfig, Precision, Tokenizer } from '@shardline/model'
import type { Transport } from '@shardline/wire'
import type { StageFacts } from './answer-statistics.ts'
import type { AnswerTracer } from './answer-tracer.ts'
import type { Pipeline } from './driver-types.ts'
import type { DriverLimits, DriverSettings } from './driver-settings.ts'
import { resolveDriverSettings } from './driver-settings.ts'
import { headCost, layerCost } from './layer-cost.ts'
import { PLAN_CACHE_TOKENS_MAX } from './limits.ts'
import type { StageProgress } from './load-stage.ts'
import { memberOf } from './member-of.ts'
import { Membership } from './membership.ts'
import { ModelWeights } from './model-weights.ts'
import type { ListModelFiles } from './model-weights.ts'
import { PipelineCore } from './pipeline-core.ts'
import type { Formation, FormationInit } from './pipeline-formation.ts'
import { formStages } from './pipeline-formation.ts'
import type { PlanObjective } from './planner.ts'
import { foretell } from './rehearsal/foretell.ts'
import { Repairer } from './repair/repairer.ts'
import { SparePool } from './repair/spare-pool.ts'
import { RunningPipeline } from './running-pipeline.ts'
import { warnOfClasses } from './warn-of-classes.ts'

/** What a driver needs of a checkpoint: not its weights. */
export interface DriverCheckpoint {
  readonly config: ModelConfig
  /** Digest that every stage's checkpoint must have. */
  readonly digest: string
  readonly embeddings: EmbeddingTable
  readonly tokenizer: Tokenizer
  /**
   * Lists the checkpoint's files, so that stages without the model can have it from stages that hold it.
   *
   * @default not listed: such stages look for it on their disk and at the hub
   */
  readonly list?: ListModelFiles | undefined
}

/** Collaborators of {@link formPipeline}. They stay the caller's: closing the pipeline doesn't close them. */
export interface DriverComponents {
  readonly transport: Transport
  readonly clock: Clock
  /** Names the pipeline. */
  readonly random: Random
  readonly log: Log
  readonly checkpoint: DriverCheckpoint
  /** Follows answers. @default nobody does, and nothing is kept for it */
  readonly tracer?: AnswerTracer | undefined
}

/** What {@link formPipeline} is to form. */
export interface DriverInit {
  /** Addresses of the workers, at least one. Their order is kept where it doesn't matter otherwise. */
  readonly workers: readonly string[]
  readonly validator: string
  /** Reference of the model, for nodes that were started without one. */
  readonly model: string
  /** @default 'auto' */
  readonly precision?: Precision
  /** Layer ranges by hand, one per worker. @default planned by speed and memory */
  readonly layers?: readonly LayerRange[] | undefined
  /** What the planner makes better. @default 'throughput' */
  readonly objective?: PlanObjective
  /** Longest session in tokens. @default the model's */
  readonly contextLength?: number
  /** Called while stages load. */
  readonly onProgress?: ((progress: StageProgress) => void) | undefined
  /** Names the driver in reports. @default 'driver' */
  readonly node?: string
  /** The pipeline that this one takes the place of: its id is kept, the epoch is raised, and as few layers as possible move. */
  readonly previous?: Pick<Pipeline, 'id' | 'epoch' | 'stages'> | undefined
  /**
   * Nodes that wait to take the place of a lost stage. Those with the memory for it load layers of the pipeline in advance.
   * @default none
   */
  readonly spares?:
    { readonly workers: readonly string[]; readonly validators: readonly string[] } | undefined
  readonly limits?: DriverLimits
  /** Gives forming up. */
  readonly signal?: AbortSignal | undefined
}

const PIPELINE_ID_BYTES = 8

/**
 * Forms a pipeline: reaches the nodes, plans the layers, lets the stages load and link, and opens it for requests.
 * It runs until it is disposed or breaks; a pipeline that broke is left and formed anew.
 *
 * @throws WorkersMissingError, PipelineSettingInvalidError, and what {@link formStages} throws; nothing is left behind then.
 */
export async function formPipeline(components: DriverComponents, init: DriverInit): Promise<Pipeline> {
  const { config } = components.checkpoint
  const { workers, contextLength } = init
  const settings = resolveDriverSettings({ workers, config, contextLength, limits: init.limits ?? {} })
  const startedMs = components.clock.monotonic()
  const plan = formationOf(components, init, settings)
  const { id, epoch: raised } = plan
  const formation = await formStages(components, plan)
  const formedMs = components.clock.monotonic() - startedMs
  components.log.info('pipeline-formed', {
    pipeline: id,
    epoch: raised,
    workers: init.workers.length,
    formedMs,
  })
  const core = makeCore(components, formation, {
    ...settings,
    id,
    epoch: raised,
    node: init.node ?? 'driver',
  })
  const { repairer, keepSpares } = keepRepaired(components, core, { plan, settings, spares: init.spares })
  const { planned } = formation
  const isMeasured = init.previous === undefined && settings.measureMsMax > 0
  const { vocabularySize } = config
  const formed = isMeasured
    ? await foretell({ ...components, core }, { ...plan, ...settings, ...formation, vocabularySize })
    : planned
  // Spares load while the pipeline answers; what a rehearsal shows is the pipeline alone.
  keepSpares()
  const pipeline = new RunningPipeline(
    { ...components, core, repairer, tokenizer: components.checkpoint.tokenizer, tracer: components.tracer },
    {
      ...settings,
      id,
      vocabularySize,
      layerCount: config.layerCount,
      modelDigest: components.checkpoint.digest,
      prediction: { planned, formed },
    },
  )
  if (init.signal?.aborted !== true) return pipeline
  await pipeline[Symbol.asyncDispose]()
  throw new AbortedError('forming the pipeline', init.signal.reason)
}

/** What is to be formed. */
function formationOf(
  components: DriverComponents,
  init: DriverInit,
  settings: DriverSettings,
): FormationInit {
  const { config, digest } = components.checkpoint
  const id =
    init.previous?.id ?? pipelineId(Buffer.from(components.random.bytes(PIPELINE_ID_BYTES)).toString('hex'))
  const previous = new Map<string, LayerRange>()
  for (const stage of init.previous?.stages ?? [])
    if (stage.layers !== undefined) previous.set(stage.node, stage.layers)
  return {
    ...settings,
    id,
    epoch: epoch((init.previous?.epoch ?? 0) + 1),
    previous,
    workers: init.workers,
    validator: init.validator,
    model: { reference: init.model, digest, config },
    weights: weightsOf(components),
    precision: init.precision ?? 'auto',
    layers: init.layers,
    objective: init.objective ?? 'throughput',
    onProgress: init.onProgress,
    signal: init.signal,
  }
}

/** The running part of a pipeline whose stages are formed. */
function makeCore(
  { clock, log, checkpoint }: DriverComponents,
  { workers, validator }: Formation,
  init: DriverSettings & Pick<FormationInit, 'id' | 'epoch'> & { readonly node: string },
): PipelineCore {
  const membership = new Membership({
    epoch: init.epoch,
    driver: driverFacts(init.node),
    workers: workers.map(memberOf),
    validator: memberOf(validator),
  })
  warnOfClasses(log, membership)
  return new PipelineCore(
    { clock, log, embeddings: checkpoint.embeddings, membership },
    { ...init, hiddenSize: checkpoint.config.hiddenSize },
  )
}

function weightsOf({ checkpoint, log }: DriverComponents): ModelWeights {
  return new ModelWeights({ digest: checkpoint.digest, list: checkpoint.list, log })
}

function keepRepaired(
  components: DriverComponents,
  core: PipelineCore,
  init: {
    readonly plan: FormationInit
    readonly settings: DriverSettings
    readonly spares: DriverInit['spares']
  },
): { readonly repairer: Repairer; readonly keepSpares: () => void } {
  const { plan, settings } = init
  const { config } = plan.model
  // What gives up forming says nothing about the pipeline that was formed.
  const formation = { ...plan, signal: undefined, onProgress: undefined }
  const layer = layerCost(config, plan.precision, Math.min(plan.contextLength, PLAN_CACHE_TOKENS_MAX))
  const costs = { layerBytes: layer.bytes, headBytes: headCost(config, plan.precision).bytes }
  const spares = new SparePool(components, {
    ...costs,
    plan: formation,
    meet: formation,
    retryMsMin: settings.spareRetryMsMin,
    retryMsMax: settings.spareRetryMsMax,
    signal: core.over,
  })
  spares.want(core.membership.ranges)
  const keepSpares = (): void => {
    const { workers = [], validators = [] } = init.spares ?? {}
    for (const [index, address] of workers.entries()) spares.keep({ role: 'worker', index, address })
    for (const address of validators) spares.keep({ role: 'validator', index: 0, address })
  }
  const repairer = new Repairer({ ...components, core, spares }, { ...settings, ...costs, formation })
  return { repairer, keepSpares }
}

function driverFacts(node: string): StageFacts {
  const nothing = { layers: undefined, packedBytes: 0, loadMs: 0, numericClass: '' }
  return { node, role: 'driver', address: 'local', ...nothing }
}
