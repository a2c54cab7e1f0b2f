import { ShardlineError } from '@shardline/core'

/** A frame or join names an epoch that is higher than the plan's: the sender knows a formation that this stage doesn't. */
export class EpochUnknownError extends ShardlineError {
  override readonly name = 'EpochUnknownError'
  readonly code = 'NODE_EPOCH_UNKNOWN'

  constructor(given: { readonly pipeline: string; readonly epoch: number; readonly planned: number }) {
    super(
      `pipeline ${given.pipeline} was planned here with epoch ${given.planned}; epoch ${given.epoch} is not known`,
      {
        details: { ...given },
      },
    )
  }
}

/** A plan names an epoch that isn't higher than the one that is served already. */
export class PlanStaleError extends ShardlineError {
  override readonly name = 'PlanStaleError'
  readonly code = 'NODE_PLAN_STALE'

  constructor(given: { readonly pipeline: string; readonly epoch: number; readonly planned: number }) {
    super(
      `pipeline ${given.pipeline} is planned here with epoch ${given.planned} already; a new plan needs a higher epoch than ${given.epoch}`,
      { details: { ...given } },
    )
  }
}

/** A message names a pipeline that no driver planned here, or that was released. */
export class PipelineUnknownError extends ShardlineError {
  override readonly name = 'PipelineUnknownError'
  readonly code = 'NODE_PIPELINE_UNKNOWN'

  constructor(pipeline: string) {
    super(`pipeline ${pipeline} is not planned here; send a plan first`, { details: { pipeline } })
  }
}

/** Frames came before the stage answered `ready`. */
export class PipelineNotReadyError extends ShardlineError {
  override readonly name = 'PipelineNotReadyError'
  readonly code = 'NODE_PIPELINE_NOT_READY'
  override readonly retryable = true

  constructor(pipeline: string) {
    super(`pipeline ${pipeline} is still loading here; wait for ready`, { details: { pipeline } })
  }
}

/** A driver uses a pipeline id that another driver's link planned. */
export class PipelineTakenError extends ShardlineError {
  override readonly name = 'PipelineTakenError'
  readonly code = 'NODE_PIPELINE_TAKEN'

  constructor(pipeline: string) {
    super(`pipeline ${pipeline} was planned here by another link; only that link controls it`, {
      details: { pipeline },
    })
  }
}

/** The node serves as many pipelines as its limit allows. */
export class PipelinesFullError extends ShardlineError {
  override readonly name = 'PipelinesFullError'
  readonly code = 'NODE_PIPELINES_FULL'
  override readonly retryable = true

  constructor(pipelinesMax: number) {
    super(`this node already serves ${pipelinesMax} pipelines, its limit`, { details: { pipelinesMax } })
  }
}

/** Hidden states came on a link that neither planned the pipeline nor joined it. */
export class NotJoinedError extends ShardlineError {
  override readonly name = 'NotJoinedError'
  readonly code = 'NODE_NOT_JOINED'

  constructor(pipeline: string, epoch: number) {
    super(`hidden states of pipeline ${pipeline}, epoch ${epoch} came on a link that has not joined it`, {
      details: { pipeline, epoch },
    })
  }
}

/** A second link joins a pipeline and epoch that another open link feeds already. */
export class JoinTakenError extends ShardlineError {
  override readonly name = 'JoinTakenError'
  readonly code = 'NODE_JOIN_TAKEN'

  constructor(pipeline: string, epoch: number) {
    super(`pipeline ${pipeline}, epoch ${epoch} is fed by another link already`, {
      details: { pipeline, epoch },
    })
  }
}

/** A link joined more pipelines than a node serves. */
export class JoinsFullError extends ShardlineError {
  override readonly name = 'JoinsFullError'
  readonly code = 'NODE_JOINS_FULL'

  constructor(joinsMax: number) {
    super(`one link may join ${joinsMax} pipelines at the most`, { details: { joinsMax } })
  }
}

/** The stage or the pipeline holds as many sessions as its limit allows. */
export class SessionsFullError extends ShardlineError {
  override readonly name = 'SessionsFullError'
  readonly code = 'NODE_SESSIONS_FULL'
  override readonly retryable = true

  constructor(where: string, sessionsMax: number) {
    super(`${where} holds ${sessionsMax} sessions, its limit; close one first`, {
      details: { where, sessionsMax },
    })
  }
}

/** A frame's parts contradict each other or the plan. */
export class FrameInvalidError extends ShardlineError {
  override readonly name = 'FrameInvalidError'
  readonly code = 'NODE_FRAME_INVALID'
}

/** Hidden states hold NaN or infinity, which no healthy stage sends. */
export class HiddenNotFiniteError extends ShardlineError {
  override readonly name = 'HiddenNotFiniteError'
  readonly code = 'NODE_HIDDEN_NOT_FINITE'

  constructor(session: string, position: number) {
    super(`the hidden states of session ${session} from position ${position} on hold NaN or infinity`, {
      details: { session, position },
    })
  }
}

/** A message came that this role doesn't take. */
export class MessageUnexpectedError extends ShardlineError {
  override readonly name = 'MessageUnexpectedError'
  readonly code = 'NODE_MESSAGE_UNEXPECTED'

  constructor(kind: string, role: string) {
    super(`a ${role} takes no ${kind} message here`, { details: { kind, role } })
  }
}

/** A plan asks for something that this role or its settings rule out. */
export class PlanRefusedError extends ShardlineError {
  override readonly name = 'PlanRefusedError'
  readonly code = 'NODE_PLAN_REFUSED'
}

/** The node's model isn't the one that the plan asks for. */
export class ModelMismatchError extends ShardlineError {
  override readonly name = 'ModelMismatchError'
  readonly code = 'NODE_MODEL_MISMATCH'

  constructor(given: { readonly reference: string; readonly held: string; readonly asked: string }) {
    super(`${given.reference} has digest ${given.held} on this node; the plan asks for ${given.asked}`, {
      details: { ...given },
    })
  }
}

/** The node was started with another precision than the plan asks for. */
export class PrecisionMismatchError extends ShardlineError {
  override readonly name = 'PrecisionMismatchError'
  readonly code = 'NODE_PRECISION_MISMATCH'

  constructor(held: string, asked: string) {
    super(`this node was started with precision ${held}; the plan asks for ${asked}`, {
      details: { held, asked },
    })
  }
}

/** The stage that the plan needs can't be loaded while other pipelines use the one that is. */
export class StageBusyError extends ShardlineError {
  override readonly name = 'StageBusyError'
  readonly code = 'NODE_STAGE_BUSY'
  override readonly retryable = true

  constructor(held: string, asked: string) {
    super(`this node serves ${held} to another pipeline; ${asked} can be loaded when that is released`, {
      details: { held, asked },
    })
  }
}

/** The link to the next stage broke while the pipeline was in use. */
export class NextLostError extends ShardlineError {
  override readonly name = 'NextLostError'
  readonly code = 'NODE_NEXT_LOST'
  override readonly retryable = true

  constructor(pipeline: string, address: string, cause?: unknown) {
    super(`the link of pipeline ${pipeline} to the next stage at ${address} is lost`, {
      details: { pipeline, address },
      cause,
    })
  }
}

/** The next stage can't be reached. */
export class NextUnreachableError extends ShardlineError {
  override readonly name = 'NextUnreachableError'
  readonly code = 'NODE_NEXT_UNREACHABLE'
  override readonly retryable = true

  constructor(pipeline: string, address: string, cause: ShardlineError) {
    super(`the next stage of pipeline ${pipeline} at ${address} can't be reached: ${cause.message}`, {
      details: { pipeline, address, reason: cause.code },
      cause,
    })
  }
}

/** The next stage was reached, but doesn't answer the join. */
export class NextSilentError extends ShardlineError {
  override readonly name = 'NextSilentError'
  readonly code = 'NODE_NEXT_SILENT'
  override readonly retryable = true

  constructor(given: { readonly pipeline: string; readonly address: string; readonly waitMsMax: number }) {
    super(
      `the next stage of pipeline ${given.pipeline} at ${given.address} did not answer the join within ${given.waitMsMax} ms`,
      { details: { ...given } },
    )
  }
}

/** The next stage lacks rows of sessions that are not recorded here any more. */
export class ReplayMissingError extends ShardlineError {
  override readonly name = 'ReplayMissingError'
  readonly code = 'NODE_REPLAY_MISSING'

  constructor(pipeline: string, sessions: readonly string[], replayBytesMax: number) {
    super(
      `the next stage of pipeline ${pipeline} lacks rows of ${sessions.length} sessions that had to make place here: ` +
        `a node keeps ${replayBytesMax} bytes of rows`,
      { details: { pipeline, sessions, replayBytesMax } },
    )
  }
}

/** A reform names an epoch that isn't higher than the one in force, or a later one came before it was done. */
export class ReformStaleError extends ShardlineError {
  override readonly name = 'ReformStaleError'
  readonly code = 'NODE_REFORM_STALE'

  constructor(given: { readonly pipeline: string; readonly epoch: number; readonly inForce: number }) {
    super(
      `pipeline ${given.pipeline} has epoch ${given.inForce} here; a reform needs a higher one than ${given.epoch}`,
      { details: { ...given } },
    )
  }
}

/** The node is stopping and takes nothing new. */
export class NodeStoppingError extends ShardlineError {
  override readonly name = 'NodeStoppingError'
  readonly code = 'NODE_STOPPING'

  constructor() {
    super('this node is stopping and takes no new plan')
  }
}

/** A receipt is asked for of a session whose rows' hashes aren't kept here. */
export class EvidenceMissingError extends ShardlineError {
  override readonly name = 'EvidenceMissingError'
  readonly code = 'NODE_EVIDENCE_MISSING'

  constructor(pipeline: string, session: string) {
    super(
      `no hashes of session ${session} of pipeline ${pipeline} are kept: it wasn't opened as proven, or it was dropped for newer ones`,
      { details: { pipeline, session } },
    )
  }
}

/** A receipt is asked of a node that was started without an identity. */
export class ReceiptSignerMissingError extends ShardlineError {
  override readonly name = 'ReceiptSignerMissingError'
  readonly code = 'NODE_RECEIPT_SIGNER_MISSING'

  constructor() {
    super('this node has no identity to sign receipts with')
  }
}

/** A receipt is asked for that this node doesn't sign. */
export class ReceiptRefusedError extends ShardlineError {
  override readonly name = 'ReceiptRefusedError'
  readonly code = 'NODE_RECEIPT_REFUSED'

  constructor(why: string) {
    super(`this receipt is not signed: ${why}`, { details: { why } })
  }
}

/** Another node asks for a model's files, and this one's owner doesn't share them. */
export class WeightsNotSharedError extends ShardlineError {
  override readonly name = 'WeightsNotSharedError'
  readonly code = 'NODE_WEIGHTS_NOT_SHARED'

  constructor() {
    super('this node does not share the weights that it holds')
  }
}

/** Another node asks for a part of a model's file that isn't on this machine. */
export class WeightsNotHeldHereError extends ShardlineError {
  override readonly name = 'WeightsNotHeldHereError'
  readonly code = 'NODE_WEIGHTS_NOT_HELD'

  constructor(what: string) {
    super(`this node does not hold ${what}`, { details: { what } })
  }
}

/** More nodes ask for weights than may wait. */
export class WeightsBusyError extends ShardlineError {
  override readonly name = 'WeightsBusyError'
  readonly code = 'NODE_WEIGHTS_BUSY'
  override readonly retryable = true

  constructor(asks: number) {
    super(`${asks} asks for weights run or wait here already; ask again later`, { details: { asks } })
  }
}

/** A node that was asked for weights refuses, by its own error. */
export class WeightsRefusedError extends ShardlineError {
  override readonly name = 'WeightsRefusedError'
  readonly code = 'NODE_WEIGHTS_REFUSED'
  override readonly retryable: boolean

  constructor(address: string, peerCode: string, reason: string) {
    super(`${address} refuses to give weights: ${reason} (${peerCode})`, { details: { address, peerCode } })
    this.retryable = peerCode === 'NODE_WEIGHTS_BUSY'
  }
}

/** A node that was asked for weights can't be reached, or its link was lost. */
export class WeightsPeerLostError extends ShardlineError {
  override readonly name = 'WeightsPeerLostError'
  readonly code = 'NODE_WEIGHTS_PEER_LOST'
  override readonly retryable = true

  constructor(address: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : 'the link was closed'
    super(`${address} gives no weights: ${reason}`, { details: { address }, cause })
  }
}

/** A node that was asked for weights is too slow. */
export class WeightsPeerSilentError extends ShardlineError {
  override readonly name = 'WeightsPeerSilentError'
  readonly code = 'NODE_WEIGHTS_PEER_SILENT'
  override readonly retryable = true

  constructor(address: string, waitMsMax: number) {
    super(`${address} did not give a range of weights within ${waitMsMax} ms`, {
      details: { address, waitMsMax },
    })
  }
}

/** An invite for nodes can't be read, or holds what no invite may. */
export class NodeInviteInvalidError extends ShardlineError {
  override readonly name = 'NodeInviteInvalidError'
  readonly code = 'NODE_INVITE_INVALID'

  constructor(reason: string, cause?: unknown) {
    super(`this is no invite for nodes: ${reason}`, { cause })
  }
}

/** A node shows a pass that this door didn't sign: it is another driver's, or made up. */
export class NodePassWrongError extends ShardlineError {
  override readonly name = 'NodePassWrongError'
  readonly code = 'NODE_PASS_WRONG'

  constructor(door: string) {
    super(`the invite was not signed by this door, ${door}; ask the driver's owner for a new one`, {
      details: { door },
    })
  }
}

const UTC = new Intl.DateTimeFormat('en', { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'short' })

/** A node shows a pass that is over. */
export class NodePassExpiredError extends ShardlineError {
  override readonly name = 'NodePassExpiredError'
  readonly code = 'NODE_PASS_EXPIRED'

  constructor(expiresAtMs: number) {
    super(`the invite ended at ${UTC.format(expiresAtMs)} UTC; ask the driver's owner for a new one`, {
      details: { expiresAtMs },
    })
  }
}

/** Refusals that pass: there was no room, or the node or the driver was too slow just then. */
const ENLIST_PASSING: ReadonlySet<string> = new Set([
  'DRIVER_ENLIST_FULL',
  'DRIVER_STAGE_SILENT',
  'DRIVER_STAGE_LOST',
])

/** A driver doesn't take this node as a stage, by its own error. */
export class EnlistRefusedError extends ShardlineError {
  override readonly name = 'EnlistRefusedError'
  readonly code = 'NODE_ENLIST_REFUSED'
  override readonly retryable: boolean
  /** The code that the driver gave. */
  readonly driverCode: string

  constructor(address: string, refusal: { readonly driverCode: string; readonly reason: string }) {
    const { driverCode, reason } = refusal
    super(`the driver at ${address} does not take this node: ${reason} [${driverCode}]`, {
      details: { address, driverCode },
    })
    this.driverCode = driverCode
    this.retryable = ENLIST_PASSING.has(driverCode)
  }
}

/** A driver's door says nothing, or not what it has to. */
export class EnlistSilentError extends ShardlineError {
  override readonly name = 'EnlistSilentError'
  readonly code = 'NODE_ENLIST_SILENT'
  override readonly retryable = true

  constructor(address: string, waitMsMax: number) {
    super(`the driver at ${address} did not say within ${waitMsMax} ms whether it takes this node`, {
      details: { address, waitMsMax },
    })
  }
}
