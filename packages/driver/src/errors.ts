import type { LayerRange } from '@shardline/core'
import { ShardlineError, formatLayerRange } from '@shardline/core'
import type { StageIdentity } from './stage-identity.ts'
import { describeStage } from './stage-identity.ts'

export * from './proof/proof-errors.ts'
export * from './service/service-errors.ts'

/** A pipeline was asked for without any worker. */
export class WorkersMissingError extends ShardlineError {
  override readonly name = 'WorkersMissingError'
  readonly code = 'DRIVER_WORKERS_MISSING'

  constructor() {
    super('no worker was given; a pipeline has at least one worker and one validator')
  }
}

/** A setting of the pipeline is not what it can be. */
export class PipelineSettingInvalidError extends ShardlineError {
  override readonly name = 'PipelineSettingInvalidError'
  readonly code = 'DRIVER_SETTING_INVALID'
}

/** Layers that no worker would hold under the ranges that are fixed. */
export class PlanLayersMissingError extends ShardlineError {
  override readonly name = 'PlanLayersMissingError'
  readonly code = 'DRIVER_PLAN_LAYERS_MISSING'
  readonly missing: readonly LayerRange[]

  constructor(missing: readonly LayerRange[], layerCount: number) {
    const names = missing.map(formatLayerRange)
    super(
      `no worker holds layers ${names.join(', ')} of ${layerCount}; widen a range, or add a worker that takes what a plan gives it`,
      { details: { missing: names, layerCount } },
    )
    this.missing = missing
  }
}

/** Layers that more than one worker would hold under the ranges that are fixed. */
export class PlanLayersDoubledError extends ShardlineError {
  override readonly name = 'PlanLayersDoubledError'
  readonly code = 'DRIVER_PLAN_LAYERS_DOUBLED'
  readonly doubled: LayerRange

  constructor(doubled: LayerRange, nodes: readonly [string, string]) {
    const layers = formatLayerRange(doubled)
    super(
      `layers ${layers} are held by both ${nodes[0]} and ${nodes[1]}; each layer belongs to exactly one worker`,
      {
        details: { doubled: layers, nodes },
      },
    )
    this.doubled = doubled
  }
}

/** A fixed range names layers that the model doesn't have. */
export class PlanLayersOutOfRangeError extends ShardlineError {
  override readonly name = 'PlanLayersOutOfRangeError'
  readonly code = 'DRIVER_PLAN_LAYERS_OUT_OF_RANGE'

  constructor(node: string, range: LayerRange, layerCount: number) {
    super(
      `${node} is to hold layers ${formatLayerRange(range)}, but the model has layers 0-${layerCount - 1}`,
      {
        details: { node, first: range.first, count: range.count, layerCount },
      },
    )
  }
}

/** The ranges given by hand don't match the workers: their number, or a range that a node was started with. */
export class PlanRangesConflictError extends ShardlineError {
  override readonly name = 'PlanRangesConflictError'
  readonly code = 'DRIVER_PLAN_RANGES_CONFLICT'
}

/** There are more workers than layers to give them. */
export class PlanWorkersTooManyError extends ShardlineError {
  override readonly name = 'PlanWorkersTooManyError'
  readonly code = 'DRIVER_PLAN_WORKERS_TOO_MANY'

  constructor(workers: number, layers: number) {
    super(
      `${workers} workers are to share ${layers} layers; each needs at least one, so give at most ${layers}`,
      {
        details: { workers, layers },
      },
    )
  }
}

/** The model doesn't fit into the free memory of the nodes. */
export class ModelTooLargeError extends ShardlineError {
  override readonly name = 'ModelTooLargeError'
  readonly code = 'DRIVER_MODEL_TOO_LARGE'
  readonly missingBytes: number

  constructor(init: {
    readonly where: string
    readonly neededBytes: number
    readonly freeBytes: number
    readonly missingBytes: number
  }) {
    const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`
    super(
      `the model does not fit: ${init.where} needs ${megabytes(init.neededBytes)} and has ${megabytes(init.freeBytes)}, ` +
        `${megabytes(init.missingBytes)} are missing; add a worker or memory, choose a lower precision, or a shorter context`,
      {
        details: {
          neededBytes: init.neededBytes,
          freeBytes: init.freeBytes,
          missingBytes: init.missingBytes,
        },
      },
    )
    this.missingBytes = init.missingBytes
  }
}

/** A stage that is to be part of the pipeline can't be reached. */
export class StageUnreachableError extends ShardlineError {
  override readonly name = 'StageUnreachableError'
  readonly code = 'DRIVER_STAGE_UNREACHABLE'
  override readonly retryable = true

  constructor(stage: StageIdentity, cause: Error) {
    super(`${describeStage(stage)} can't be reached: ${cause.message}`, {
      details: stageDetails(stage),
      cause,
    })
  }
}

/** A node is not fit for its place: another role, model, precision or shape. */
export class StageUnsuitableError extends ShardlineError {
  override readonly name = 'StageUnsuitableError'
  readonly code = 'DRIVER_STAGE_UNSUITABLE'

  constructor(stage: StageIdentity, reason: string) {
    super(`${describeStage(stage)} can't take its place: ${reason}`, { details: stageDetails(stage) })
  }
}

/** A stage neither answered a request nor reported progress in time. */
export class StageSilentError extends ShardlineError {
  override readonly name = 'StageSilentError'
  readonly code = 'DRIVER_STAGE_SILENT'
  override readonly retryable = true

  constructor(stage: StageIdentity, what: string, waitedMs: number) {
    super(`${describeStage(stage)} gave no sign for ${waitedMs} ms while the driver waited for ${what}`, {
      details: { ...stageDetails(stage), waitedMs },
    })
  }
}

/** A stage reported a failure; its own code stands in brackets. */
export class StageFailedError extends ShardlineError {
  override readonly name = 'StageFailedError'
  readonly code = 'DRIVER_STAGE_FAILED'
  readonly remoteCode: string

  constructor(stage: StageIdentity, remote: { readonly code: string; readonly message: string }) {
    super(`${describeStage(stage)} failed: ${remote.message} [${remote.code}]`, {
      details: { ...stageDetails(stage), remoteCode: remote.code },
    })
    this.remoteCode = remote.code
  }
}

/** The link to a stage broke, or the stage went away; what ran on the pipeline ended unfinished. */
export class StageLostError extends ShardlineError {
  override readonly name = 'StageLostError'
  readonly code = 'DRIVER_STAGE_LOST'
  override readonly retryable = true

  constructor(stage: StageIdentity, reason: string, cause?: unknown) {
    super(`${describeStage(stage)} is lost: ${reason}`, { details: stageDetails(stage), cause })
  }
}

/** All links live, but no answer to what was sent came in time. */
export class PipelineStalledError extends ShardlineError {
  override readonly name = 'PipelineStalledError'
  readonly code = 'DRIVER_PIPELINE_STALLED'
  override readonly retryable = true

  constructor(stages: readonly StageIdentity[], waitedMs: number) {
    super(
      `no answer to a frame for ${waitedMs} ms, on the way through ${stages.map(describeStage).join(', ')}`,
      {
        details: { waitedMs, stages: stages.map((stage) => stage.address) },
      },
    )
  }
}

/** After a stage was replaced, an answer's tokens came out otherwise than before: its user has the first ones already. */
export class ReplayDivergedError extends ShardlineError {
  override readonly name = 'ReplayDivergedError'
  readonly code = 'DRIVER_REPLAY_DIVERGED'
  override readonly retryable = true

  constructor(position: number, ids: { readonly known: number; readonly given: number }) {
    super(
      `after a stage was replaced, token ${ids.given} came for position ${position}; it was ${ids.known} before`,
      { details: { position, ...ids } },
    )
  }
}

/** A formed pipeline could not be rehearsed to the end; it serves all the same. */
export class RehearsalEndedError extends ShardlineError {
  override readonly name = 'RehearsalEndedError'
  readonly code = 'DRIVER_REHEARSAL_ENDED'

  /** @param why for example `it took more than 10000 ms`. */
  constructor(why: string, cause?: unknown) {
    super(`the rehearsal ended early: ${why}; the pipeline's speed stays as planned`, { cause })
  }
}

/** A lost stage can't be replaced: no spare, and the nodes that are left can't form the pipeline. */
export class ReplacementMissingError extends ShardlineError {
  override readonly name = 'ReplacementMissingError'
  readonly code = 'DRIVER_REPLACEMENT_MISSING'
  override readonly retryable = true

  constructor(stage: StageIdentity, cause?: unknown) {
    super(`nobody can take the place of ${describeStage(stage)}; give the driver a spare`, {
      details: stageDetails(stage),
      cause,
    })
  }
}

/** A stage answered something that doesn't fit what it was asked. */
export class StageAnswerUnexpectedError extends ShardlineError {
  override readonly name = 'StageAnswerUnexpectedError'
  readonly code = 'DRIVER_STAGE_ANSWER_UNEXPECTED'

  constructor(stage: StageIdentity, what: string) {
    super(`${describeStage(stage)} answered what it wasn't asked: ${what}`, { details: stageDetails(stage) })
  }
}

/** The pipeline was closed, or broke earlier (then the cause says why). */
export class PipelineClosedError extends ShardlineError {
  override readonly name = 'PipelineClosedError'
  readonly code = 'DRIVER_PIPELINE_CLOSED'

  constructor(cause?: Error) {
    super(cause === undefined ? 'the pipeline is closed' : `the pipeline broke before: ${cause.message}`, {
      cause,
    })
  }
}

/** As many requests run and wait as the settings allow. */
export class DriverBusyError extends ShardlineError {
  override readonly name = 'DriverBusyError'
  readonly code = 'DRIVER_BUSY'
  override readonly retryable = true

  constructor(sessionsMax: number, requestsWaitingMax: number) {
    super(
      `${sessionsMax} sessions run and ${requestsWaitingMax} requests wait, the limits; try again later`,
      {
        details: { sessionsMax, requestsWaitingMax },
      },
    )
  }
}

/** The context leaves no room for an answer. */
export class PromptTooLongError extends ShardlineError {
  override readonly name = 'PromptTooLongError'
  readonly code = 'DRIVER_PROMPT_TOO_LONG'

  constructor(tokens: number, tokensMax: number) {
    super(`the context has ${tokens} tokens; at most ${tokensMax} fit`, { details: { tokens, tokensMax } })
  }
}

/** A request holds a value that can't be served. */
export class RequestInvalidError extends ShardlineError {
  override readonly name = 'RequestInvalidError'
  readonly code = 'DRIVER_REQUEST_INVALID'
}

/** An answer is read by one loop only. */
export class AnswerTakenError extends ShardlineError {
  override readonly name = 'AnswerTakenError'
  readonly code = 'DRIVER_ANSWER_TAKEN'

  constructor() {
    super('this answer is being read already; an answer can be iterated once')
  }
}

/** A conversation gives one answer at a time. */
export class ConversationBusyError extends ShardlineError {
  override readonly name = 'ConversationBusyError'
  readonly code = 'DRIVER_CONVERSATION_BUSY'

  constructor() {
    super(
      'this conversation is still answering; read or abort that answer first, or use another conversation',
    )
  }
}

/** A conversation was used after it was closed. */
export class ConversationClosedError extends ShardlineError {
  override readonly name = 'ConversationClosedError'
  readonly code = 'DRIVER_CONVERSATION_CLOSED'

  constructor() {
    super('this conversation is closed')
  }
}

function stageDetails(stage: StageIdentity): Record<string, string> {
  return { stage: describeStage(stage), node: stage.node ?? '', address: stage.address }
}
