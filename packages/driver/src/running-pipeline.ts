import type { Clock, Epoch, Log, Milliseconds, PipelineId, Random, ShardlineError } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import { SAMPLING_DEFAULTS } from '@shardline/engine'
import type { Tokenizer } from '@shardline/model'
import type { SessionSource } from './answer-runner.ts'
import { AnswerRunner } from './answer-runner.ts'
import type { AnswerTracer } from './answer-tracer.ts'
import type { RequestBounds } from './check-request.ts'
import { checkScore } from './check-request.ts'
import { PipelineConversation } from './conversation.ts'
import type {
  Answer,
  Conversation,
  GenerateRequest,
  Pipeline,
  RepairCounters,
  ScoreRequest,
  ScoreResult,
  SpareAddress,
  SpareReport,
  StageReport,
} from './driver-types.ts'
import { PipelineClosedError, RequestInvalidError } from './errors.ts'
import type { PipelineCore } from './pipeline-core.ts'
import type { Repairer } from './repair/repairer.ts'
import { collectReceipts } from './proof/collect-receipts.ts'
import { participantsOf } from './proof/participants-of.ts'
import type { PipelineParticipants, PipelineReceipts, ReceiptsRequest } from './proof/pipeline-receipts.ts'
import { Scoring } from './scoring.ts'
import type { Session, SessionOptions } from './session.ts'
import { SessionSlots } from './session-slots.ts'
import type { PipelinePrediction } from './speed-prediction.ts'
import type { StageLink } from './stage-link.ts'

/** What a {@link RunningPipeline} works with. */
export interface RunningPipelineComponents {
  readonly core: PipelineCore
  readonly clock: Clock
  /** Draws the salts of receipts. */
  readonly random: Pick<Random, 'bytes'>
  readonly log: Log
  readonly tokenizer: Tokenizer
  readonly repairer: Pick<Repairer, 'counters' | 'spares' | 'enroll' | 'dismiss'>
  /** Undefined unless somebody follows answers. */
  readonly tracer: AnswerTracer | undefined
}

/** What a {@link RunningPipeline} is. */
export interface RunningPipelineInit {
  readonly id: PipelineId
  readonly vocabularySize: number
  readonly contextLength: number
  readonly sessionsMax: number
  readonly requestsWaitingMax: number
  readonly chunksBufferedMax: number
  /** Layers of the model. */
  readonly layerCount: number
  readonly modelDigest: string
  readonly receiptMsMax: Milliseconds
  readonly prediction: PipelinePrediction
}

/** A formed pipeline as its user sees it. */
export class RunningPipeline implements Pipeline {
  readonly id: PipelineId
  readonly prediction: PipelinePrediction
  readonly #components: RunningPipelineComponents
  readonly #init: RunningPipelineInit
  readonly #slots: SessionSlots
  readonly #runner: AnswerRunner
  #closing: Promise<void> | undefined

  constructor(components: RunningPipelineComponents, init: RunningPipelineInit) {
    this.#components = components
    this.#init = init
    this.id = init.id
    this.prediction = init.prediction
    this.#slots = new SessionSlots(init)
    this.#runner = new AnswerRunner(components, init)
    const onOver = (): void => {
      this.#slots.close(new PipelineClosedError(components.core.failure))
      void this.#release('the pipeline is over')
    }
    if (components.core.over.aborted) onOver()
    else components.core.over.addEventListener('abort', onOver, { once: true })
  }

  get epoch(): Epoch {
    return this.#components.core.membership.raised
  }

  get repairs(): RepairCounters {
    return this.#components.repairer.counters
  }

  get stepMs(): number | undefined {
    return this.#components.core.statistics.stepMs
  }

  get spares(): readonly SpareReport[] {
    return this.#components.repairer.spares
  }

  enroll(spare: SpareAddress): void {
    this.#components.repairer.enroll(spare)
  }

  dismiss(address: string): void {
    this.#components.repairer.dismiss(address)
  }

  get stages(): readonly StageReport[] {
    return this.#components.core.statistics.reports()
  }

  get failure(): ShardlineError | undefined {
    return this.#components.core.failure
  }

  get over(): AbortSignal {
    return this.#components.core.over
  }

  async converse(options: { readonly capacity: number }): Promise<Conversation> {
    const { capacity } = options
    if (!Number.isSafeInteger(capacity) || capacity < 2 || capacity > this.#init.contextLength) {
      throw new RequestInvalidError(
        `the capacity is ${capacity}; it takes a whole number from 2 to ${this.#init.contextLength}`,
      )
    }
    const releaseSlot = await this.#slots.acquire(undefined)
    const bounds = { vocabularySize: this.#init.vocabularySize, tokensMax: capacity }
    return new PipelineConversation(
      { core: this.#components.core, runner: this.#runner },
      { bounds, releaseSlot },
    )
  }

  generate(request: GenerateRequest): Answer {
    return this.#runner.start(request, this.#source(request), this.#bounds())
  }

  async score(request: ScoreRequest): Promise<ScoreResult> {
    checkScore(request, this.#bounds())
    const { core } = this.#components
    const signal = request.signal ?? new AbortController().signal
    const source = this.#source()
    const session = await source.acquire(request.tokenIds.length, signal)
    const scoring = new Scoring(request, core.newStatistics())
    const onAbort = (): void => {
      session.endTurn()
      scoring.fail(new AbortedError('the scoring', signal.reason))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      const score = { targets: request.tokenIds.slice(1), top: request.top }
      const opening = {
        sampling: SAMPLING_DEFAULTS,
        score,
        isDigestWanted: request.isDigestWanted,
        ask: null,
        resume: null,
      }
      await core.startTurn(session, scoring, { opening, signal })
      core.wake()
      await scoring.finished
      const end = await source.release(session, { isEndWanted: request.isDigestWanted })
      return scoring.result(end?.digest ?? undefined)
    } catch (cause) {
      void source.release(session, { isEndWanted: false })
      throw fromUnknown(cause)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  participants(): PipelineParticipants {
    return participantsOf(this.#links, this.#init.layerCount)
  }

  async receipts(request: ReceiptsRequest): Promise<PipelineReceipts> {
    const { core, clock, random } = this.#components
    const isOver = request.tokensSoFar === undefined
    const sessions = await (isOver ? core.whenClosed(request.sessions) : core.latestNames(request.sessions))
    if (core.failure !== undefined) throw new PipelineClosedError(core.failure)
    const reports = core.statistics.reports()
    const stages = this.#links.map((link) => {
      const { node, role, layers } = link.identity
      const report = reports.find(
        (it) => it.node === node && it.role === role && it.layers?.first === layers?.first,
      )
      return { link, numericClass: report?.numericClass ?? '' }
    })
    const init = { ...this.#init, pipeline: this.id }
    return collectReceipts({ clock, random, evidence: core.evidence, stages }, init, { ...request, sessions })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#components.core.fail(new PipelineClosedError())
    await this.#release('the driver closes the pipeline')
  }

  /** To the stages that are in place now. */
  get #links(): readonly StageLink[] {
    return this.#components.core.membership.all.map(({ link }) => link)
  }

  #bounds(): RequestBounds {
    return { vocabularySize: this.#init.vocabularySize, tokensMax: this.#init.contextLength }
  }

  /** A session of its own for each answer, closed after it. */
  #source(options: SessionOptions = {}): SessionSource {
    const { core } = this.#components
    let releaseSlot: (() => void) | undefined
    return {
      acquire: async (tokens: number, signal: AbortSignal): Promise<Session> => {
        releaseSlot = await this.#slots.acquire(signal)
        try {
          return core.openSession(tokens, options)
        } catch (cause) {
          releaseSlot()
          throw cause
        }
      },
      release: async (session, { isEndWanted }) => {
        const closed = core.closeSession(session).finally(() => releaseSlot?.())
        if (!isEndWanted) return undefined
        const message = await closed
        if (message === undefined && core.failure !== undefined) throw core.failure
        return message
      },
    }
  }

  #release(reason: string): Promise<void> {
    this.#closing ??= Promise.all(
      this.#links.map((link) => link.close({ kind: 'release', pipeline: this.#init.id }, reason)),
    ).then(() => undefined)
    return this.#closing
  }
}
