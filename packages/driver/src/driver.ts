import type { Clock, LayerRange, Log, Milliseconds, Random } from '@shardline/core'
import { STAGES_MAX, epoch, pipelineId } from '@shardline/core'
import type { EmbeddingTable, ModelConfig, Precision, Tokenizer } from '@shardline/model'
import type { Transport } from '@shardline/wire'
import type { StageFacts } from './answer-statistics.ts'
import type { Pipeline } from './driver-types.ts'
import { PipelineSettingInvalidError, WorkersMissingError } from './errors.ts'
import * as limits from './limits.ts'
import { PipelineCore } from './pipeline-core.ts'
import type { FormedStage, Formation, StageProgress } from './pipeline-formation.ts'
import { formStages } from './pipeline-formation.ts'
import type { PlanObjective } from './planner.ts'
import { RunningPipeline } from './running-pipeline.ts'

/** What a driver needs of a checkpoint: not its weights. */
export interface DriverCheckpoint {
  readonly config: ModelConfig
  /** Digest that every stage's checkpoint must have. */
  readonly digest: string
  readonly embeddings: EmbeddingTable
  readonly tokenizer: Tokenizer
}

/** Collaborators of {@link formPipeline}. They stay the caller's: closing the pipeline doesn't close them. */
export interface DriverComponents {
  readonly transport: Transport
  readonly clock: Clock
  /** Names the pipeline. */
  readonly random: Random
  readonly log: Log
  readonly checkpoint: DriverCheckpoint
}

/** Limits that a driver can be given. */
export interface DriverLimits {
  /** Rows of prompts in one frame. @default PREFILL_CHUNK_ROWS */
  readonly prefillChunkRows?: number | 'all'
  /** Prefill rows on their way at the most. @default one chunk per worker and PREFILL_CHUNKS_SPARE more */
  readonly prefillRowsInFlightMax?: number
  /** @default FRAMES_IN_FLIGHT_MAX */
  readonly framesInFlightMax?: number
  /** @default FRAME_PAYLOAD_BYTES_MAX */
  readonly framePayloadBytesMax?: number
  /** @default SESSIONS_MAX */
  readonly sessionsMax?: number
  /** @default REQUESTS_WAITING_MAX */
  readonly requestsWaitingMax?: number
  /** @default ANSWER_CHUNKS_BUFFERED_MAX */
  readonly answerChunksBufferedMax?: number
  /** @default DESCRIBE_MS_MAX */
  readonly describeMsMax?: Milliseconds
  /** @default STAGE_PROGRESS_MS_MAX */
  readonly stageProgressMsMax?: Milliseconds
  /** @default FRAME_PROGRESS_MS_MAX */
  readonly frameProgressMsMax?: Milliseconds
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
  const settings = resolveSettings(components.checkpoint, init)
  const { config } = components.checkpoint
  const id =
    init.previous?.id ?? pipelineId(Buffer.from(components.random.bytes(PIPELINE_ID_BYTES)).toString('hex'))
  const raised = epoch((init.previous?.epoch ?? 0) + 1)
  const previous = new Map<string, LayerRange>()
  for (const stage of init.previous?.stages ?? [])
    if (stage.layers !== undefined) previous.set(stage.node, stage.layers)
  const startedMs = components.clock.monotonic()
  const formation = await formStages(components, {
    ...settings,
    id,
    epoch: raised,
    previous,
    workers: init.workers,
    validator: init.validator,
    model: { reference: init.model, digest: components.checkpoint.digest, config },
    precision: init.precision ?? 'auto',
    layers: init.layers,
    objective: init.objective ?? 'throughput',
    onProgress: init.onProgress,
    signal: init.signal,
  })
  const formedMs = components.clock.monotonic() - startedMs
  components.log.info('pipeline-formed', {
    pipeline: id,
    epoch: raised,
    workers: init.workers.length,
    formedMs,
  })
  warnOfClasses(components.log, formation)
  const links = { workers: formation.workers.map((stage) => stage.link), validator: formation.validator.link }
  const core = new PipelineCore(
    { clock: components.clock, log: components.log, embeddings: components.checkpoint.embeddings, ...links },
    {
      ...settings,
      id,
      epoch: raised,
      hiddenSize: config.hiddenSize,
      stages: describeStages(formation, init.node ?? 'driver'),
    },
  )
  return new RunningPipeline(
    {
      core,
      clock: components.clock,
      log: components.log,
      tokenizer: components.checkpoint.tokenizer,
      links: [...links.workers, links.validator],
    },
    { ...settings, id, epoch: raised, vocabularySize: config.vocabularySize },
  )
}

interface Settings {
  readonly contextLength: number
  readonly prefillChunkRows: number
  readonly prefillRowsInFlightMax: number
  readonly frameRowsMax: number
  readonly frameSessionsMax: number
  readonly framesInFlightMax: number
  readonly sessionsMax: number
  readonly requestsWaitingMax: number
  readonly chunksBufferedMax: number
  readonly describeMsMax: Milliseconds
  readonly stageProgressMsMax: Milliseconds
  readonly frameProgressMsMax: Milliseconds
}

/** Fills in the defaults and checks what was given. */
function resolveSettings(checkpoint: DriverCheckpoint, init: DriverInit): Settings {
  if (init.workers.length === 0) throw new WorkersMissingError()
  if (init.workers.length > STAGES_MAX) {
    throw new PipelineSettingInvalidError(
      `${init.workers.length} workers were given; at most ${STAGES_MAX} are allowed`,
    )
  }
  const given = init.limits ?? {}
  const { config } = checkpoint
  const rowBytes = config.hiddenSize * Float32Array.BYTES_PER_ELEMENT
  const payloadBytesMax = positive(
    'framePayloadBytesMax',
    given.framePayloadBytesMax ?? limits.FRAME_PAYLOAD_BYTES_MAX,
  )
  const frameRowsMax = Math.max(1, Math.min(limits.FRAME_ROWS_MAX, Math.floor(payloadBytesMax / rowBytes)))
  const chunk = given.prefillChunkRows ?? limits.PREFILL_CHUNK_ROWS
  const prefillChunkRows =
    chunk === 'all' ? frameRowsMax : Math.min(frameRowsMax, positive('prefillChunkRows', chunk))
  const spare = init.workers.length + limits.PREFILL_CHUNKS_SPARE
  const contextLength = positive('contextLength', init.contextLength ?? config.contextLength)
  if (contextLength > config.contextLength) {
    throw new PipelineSettingInvalidError(
      `the context length is ${contextLength}; the model allows at most ${config.contextLength}`,
    )
  }
  return {
    contextLength,
    prefillChunkRows,
    frameRowsMax,
    prefillRowsInFlightMax: positive(
      'prefillRowsInFlightMax',
      given.prefillRowsInFlightMax ?? spare * prefillChunkRows,
    ),
    frameSessionsMax: limits.FRAME_SESSIONS_MAX,
    framesInFlightMax: positive('framesInFlightMax', given.framesInFlightMax ?? limits.FRAMES_IN_FLIGHT_MAX),
    sessionsMax: positive('sessionsMax', given.sessionsMax ?? limits.SESSIONS_MAX),
    requestsWaitingMax: atLeast(
      0,
      'requestsWaitingMax',
      given.requestsWaitingMax ?? limits.REQUESTS_WAITING_MAX,
    ),
    chunksBufferedMax: positive(
      'answerChunksBufferedMax',
      given.answerChunksBufferedMax ?? limits.ANSWER_CHUNKS_BUFFERED_MAX,
    ),
    describeMsMax: positive('describeMsMax', given.describeMsMax ?? limits.DESCRIBE_MS_MAX),
    stageProgressMsMax: positive(
      'stageProgressMsMax',
      given.stageProgressMsMax ?? limits.STAGE_PROGRESS_MS_MAX,
    ),
    frameProgressMsMax: positive(
      'frameProgressMsMax',
      given.frameProgressMsMax ?? limits.FRAME_PROGRESS_MS_MAX,
    ),
  }
}

function positive(name: string, value: number): number {
  return atLeast(1, name, value)
}

function atLeast(least: number, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new PipelineSettingInvalidError(`${name} is ${value}; it takes a whole number from ${least} on`)
}

function describeStages(formation: Formation, node: string): readonly StageFacts[] {
  const driver: StageFacts = {
    node,
    role: 'driver',
    layers: undefined,
    address: 'local',
    packedBytes: 0,
    loadMs: 0,
    numericClass: '',
  }
  return [driver, ...formation.workers.map(describeStage), describeStage(formation.validator)]
}

function describeStage({ link, ready }: FormedStage): StageFacts {
  const { node, role, layers, address } = link.identity
  const { packedBytes, loadMs, numericClass } = ready
  return { node: node ?? '', role, layers, address, packedBytes, loadMs, numericClass }
}

/** Byte equality with one machine holds within one numeric class only. */
function warnOfClasses(log: Log, formation: Formation): void {
  const classes = [
    ...new Set([...formation.workers, formation.validator].map((stage) => stage.ready.numericClass)),
  ]
  if (classes.length > 1) log.warn('numeric-classes-differ', { classes })
}
