import type { Epoch, Milliseconds } from '@shardline/core'
import type { Precision } from '@shardline/model'
import type { PlanMessage, ReadyMessage } from '@shardline/wire'
import { StageAnswerUnexpectedError } from './errors.ts'
import type { StageIdentity } from './stage-identity.ts'
import type { ModelWeights } from './model-weights.ts'
import type { StageLink } from './stage-link.ts'

/** How far a stage is with loading. */
export interface StageProgress {
  readonly stage: StageIdentity
  readonly what: string
  readonly doneBytes: number
  readonly totalBytes: number
}

/** What all stages of a pipeline are told alike. */
export interface StagePlanInit {
  readonly id: string
  readonly model: { readonly reference: string; readonly digest: string }
  /** Where stages without the model can have it. */
  readonly weights: ModelWeights
  readonly precision: Precision
  readonly contextLength: number
  readonly sessionsMax: number
  readonly onProgress: ((progress: StageProgress) => void) | undefined
  readonly stageProgressMsMax: Milliseconds
}

/** What one stage is told. */
export interface StagePlan {
  readonly init: StagePlanInit
  readonly epoch: Epoch
  /** Where the stage behind it is dialed; null for none. */
  readonly next: string | null
  readonly signal: AbortSignal
}

/**
 * Gives a stage its part, the layers that its link is identified with, and waits until it is loaded and linked.
 *
 * @throws StageFailedError, StageSilentError, StageLostError, StageAnswerUnexpectedError, AbortedError.
 */
export async function loadStage(link: StageLink, plan: StagePlan): Promise<ReadyMessage> {
  const { init, epoch, next, signal } = plan
  const layers = link.identity.layers ?? null
  const weights = await init.weights.planFor(link.dialAddress, signal)
  const build = (request: number): PlanMessage => ({
    kind: 'plan',
    request,
    pipeline: init.id,
    epoch,
    model: init.model.reference,
    modelDigest: init.model.digest,
    precision: init.precision,
    layers,
    next,
    contextLength: init.contextLength,
    sessionsMax: init.sessionsMax,
    weights,
  })
  const reply = await link.request(build, {
    what: 'it to load',
    silenceMsMax: init.stageProgressMsMax,
    onProgress: ({ what, doneBytes, totalBytes }) =>
      init.onProgress?.({ stage: link.identity, what, doneBytes, totalBytes }),
    signal,
  })
  const isAsPlanned =
    reply.kind === 'ready' &&
    reply.pipeline === init.id &&
    reply.epoch === epoch &&
    reply.layers?.first === layers?.first &&
    reply.layers?.count === layers?.count
  if (!isAsPlanned)
    throw new StageAnswerUnexpectedError(link.identity, 'it is ready for something else than its plan')
  return reply
}
