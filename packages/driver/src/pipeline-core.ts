import type { Clock, Log, Milliseconds, PipelineId, ShardlineError } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { EmbeddingTable } from '@shardline/model'
import type { ErrorMessage, HiddenMessage, SessionClosedMessage } from '@shardline/wire'
import { AnswerIntake } from './answer-intake.ts'
import { AnswerStatistics } from './answer-statistics.ts'
import { embedRound } from './embedding.ts'
import { ConversationClosedError, PipelineClosedError, StageFailedError, StageLostError } from './errors.ts'
import type { Membership } from './membership.ts'
import { DriverEvidence } from './proof/driver-evidence.ts'
import type { Loss } from './repair/loss.ts'
import { NEXT_LOST_CODE, REPLAY_MISSING_CODE } from './repair/loss.ts'
import type { Recovery } from './repair/recovery.ts'
import { chooseStep } from './repair/recovery.ts'
import type { RecoveredRows } from './repair/session-recovery.ts'
import { SessionRecovery } from './repair/session-recovery.ts'
import type { Round, SchedulerInit } from './scheduler.ts'
import { Scheduler } from './scheduler.ts'
import { SessionBook } from './session-book.ts'
import { openOnValidator } from './open-on-validator.ts'
import type { Session, SessionOptions, TurnOpening } from './session.ts'
import type { StageLink } from './stage-link.ts'
import { StallWatch } from './stall-watch.ts'
import { Suspension } from './suspension.ts'
import type { Turn } from './turn.ts'

/** What a {@link PipelineCore} works with. */
export interface PipelineCoreComponents {
  readonly clock: Clock
  readonly log: Log
  readonly embeddings: EmbeddingTable
  readonly membership: Membership
}

/** What a {@link PipelineCore} is to do. */
export interface PipelineCoreInit extends SchedulerInit {
  readonly id: PipelineId
  readonly hiddenSize: number
  readonly framesInFlightMax: number
  readonly frameProgressMsMax: Milliseconds
  /** Closed sessions of which hashes are kept for receipts. */
  readonly evidenceSessionsMax: number
}

/**
 * The running part of a pipeline: moves rows of many sessions out and tokens in.
 *
 * The way of a decode step is short on purpose: an answer arrives, its tokens are handed to their turns, the next round is
 * composed in the same call, and after one wait for the embedding rows the frame is handed to the link. No timers.
 *
 * When a stage is lost it stops sending and says so by {@link onLoss}; it goes on when {@link resume} is called.
 */
export class PipelineCore {
  /** Over all answers since the pipeline was formed. */
  readonly statistics: AnswerStatistics
  /** What the driver knows of the rows of proven sessions. */
  readonly evidence: DriverEvidence
  /** Called while it stops: at every loss, also in the middle of a repair. */
  onLoss: (loss: Loss) => void = (loss) => this.fail(loss.error)
  readonly #components: PipelineCoreComponents
  readonly #init: PipelineCoreInit
  readonly #book: SessionBook
  readonly #scheduler: Scheduler
  readonly #intake: AnswerIntake
  readonly #stalls: StallWatch
  readonly #recovery: SessionRecovery
  readonly #suspension = new Suspension()
  readonly #over = new AbortController()
  readonly #missing = new Set<string>()
  #frameCount = 0
  #isPumping = false
  #isWoken = false
  #hasProgressed = true
  /** The round whose rows are being looked up. */
  #embedding: Promise<unknown> = Promise.resolve()
  #failure: ShardlineError | undefined

  constructor(components: PipelineCoreComponents, init: PipelineCoreInit) {
    const { clock, membership } = components
    const { id: pipeline, hiddenSize, evidenceSessionsMax: sessionsMax } = init
    this.evidence = new DriverEvidence({ pipeline, hiddenSize, sessionsMax })
    const book = new SessionBook(this.evidence)
    this.#book = book
    this.#components = components
    this.#init = init
    this.#scheduler = new Scheduler(init)
    this.statistics = new AnswerStatistics(membership.facts)
    this.#stalls = new StallWatch(
      { clock, book, membership, onStalled: (error) => this.#stall(error) },
      { frameProgressMsMax: init.frameProgressMsMax, signal: this.#over.signal },
    )
    const onProgress = (): void => {
      this.#stalls.progress()
      this.#hasProgressed = true
    }
    const { statistics } = this
    this.#intake = new AnswerIntake({ clock, book, membership, statistics, onProgress }, init.id)
    this.#recovery = new SessionRecovery(
      { clock, book, membership, nextFrame: () => ++this.#frameCount, wake: () => this.wake() },
      { id: init.id, silenceMsMax: init.frameProgressMsMax },
    )
    for (const { link } of membership.all) this.attach(link)
  }

  /** Why the pipeline broke; undefined while it works. */
  get failure(): ShardlineError | undefined {
    return this.#failure
  }

  /** Aborts when the pipeline is over; the reason says why. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** Who makes up the pipeline at present. */
  get membership(): Membership {
    return this.#components.membership
  }

  /** New statistics for one answer: of the stages in force, which its reader was told, not of those a repair puts in place. */
  newStatistics(): AnswerStatistics {
    return new AnswerStatistics(this.statistics.facts)
  }

  /**
   * A new session of at most `capacity` tokens; the stages hear of it with its first rows.
   *
   * @throws PipelineClosedError.
   */
  openSession(capacity: number, options: SessionOptions = {}): Session {
    if (this.#failure !== undefined) throw new PipelineClosedError(this.#failure)
    return this.#book.open(capacity, options)
  }

  /**
   * Starts a turn once answers of the turn before are in: tells the validator, waits for its word, then lets rows go.
   * While a repair runs it waits for that.
   *
   * @returns tokens of the context that are reused, or undefined if the turn ended meanwhile.
   * @throws StageFailedError, StageSilentError, PipelineClosedError, ConversationClosedError.
   */
  async startTurn(
    session: Session,
    turn: Turn,
    options: { opening: TurnOpening; signal: AbortSignal },
  ): Promise<number | undefined> {
    const { opening, signal } = options
    if (!(await isInTime(this.#book.untilQuiet(session, signal)))) return undefined
    if (!(await isInTime(this.#suspension.ended(signal)))) return undefined
    if (this.#failure !== undefined) throw new PipelineClosedError(this.#failure)
    if (signal.aborted) return undefined
    if (session.state !== 'resting') throw session.failure ?? new ConversationClosedError()
    session.opening = opening
    session.beginTurn(turn)
    while (!(await this.#announce(session))) {
      if (!(await isInTime(this.#suspension.ended(signal)))) return undefined
      if (session.turn !== turn) return undefined
    }
    if (session.turn !== turn) return undefined
    // It was begun under a formation that isn't in force any more.
    const { facts } = this.membership
    if (!turn.statistics.isOf(facts)) turn.restage(facts)
    return session.markOpened()
  }

  /** Sends what there is to send. */
  wake(): void {
    this.#isWoken = true
    if (!this.#isPumping && this.#failure === undefined && !this.#suspension.isOn) void this.#pump()
  }

  /** Lets a session go; resolves when all stages have, with undefined if it failed. Never rejects. */
  async closeSession(session: Session): Promise<SessionClosedMessage | undefined> {
    session.requestClose()
    if (session.isOver && !session.isCloseDue) this.#book.remove(session, false)
    this.wake()
    return session.closed
  }

  /** Resolves with the latest names of these sessions when all stages have let them go, or the pipeline is over. */
  async whenClosed(sessions: readonly string[]): Promise<readonly string[]> {
    await Promise.all(this.latestNames(sessions).flatMap((id) => this.#book.get(id)?.closed ?? []))
    return this.latestNames(sessions)
  }

  /** The latest names of sessions, some of which may have begun again. */
  latestNames(sessions: readonly string[]): readonly string[] {
    return sessions.map((id) => this.evidence.nameOf(id))
  }

  /** Listens to what a stage says. */
  attach(link: StageLink): void {
    const isValidator = (): boolean => this.membership.validator.link === link
    link.handle({
      onTokens: (message) => {
        if (!isValidator() || this.#failure !== undefined) return
        this.#intake.take(message)
        this.wake()
      },
      onSessionClosed: (message) => {
        if (isValidator()) this.#onSessionClosed(message)
      },
      onError: (_, message) => this.#onError(link, message),
      onLost: (error) => this.#lose({ kind: 'gone', link, error }),
    })
  }

  /** Stops listening to a stage that is replaced: nothing that it says counts any more. */
  detach(link: StageLink): void {
    link.ignore()
    if (this.membership.validator.link === link) this.#intake.discard()
  }

  /** Tells a validator that takes its place which answers it takes over. @throws if its link is lost. */
  handOver(validator: StageLink): Promise<void> {
    return this.#recovery.handOver(validator, (session) => this.#missing.has(session.id))
  }

  /** Stops sending until {@link resume}. */
  suspend(): void {
    this.#suspension.begin()
  }

  /** The new formation is in force: sessions go on, each as far as the stages have come with it. */
  async resume(recovery: Recovery): Promise<RecoveredRows> {
    await this.#embedding
    const { membership } = this
    membership.commit()
    this.statistics.restage(membership.facts)
    const isMissing = (session: Session): boolean => this.#missing.has(session.id)
    const recovered = this.#recovery.recover(recovery, isMissing)
    this.#missing.clear()
    this.#hasProgressed = false
    this.#stalls.progress()
    this.#suspension.end()
    this.#intake.release()
    this.wake()
    return recovered
  }

  /** Breaks the pipeline: every session fails with `error`. Only the first call counts. */
  fail(error: ShardlineError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    const isOnPurpose = error instanceof PipelineClosedError
    this.#components.log[isOnPurpose ? 'info' : 'warn']('pipeline-over', {
      pipeline: this.#init.id,
      code: error.code,
      reason: error.message,
    })
    this.#book.failAll(error)
    this.#over.abort(error)
    this.#suspension.end()
  }

  /** Whether the validator knows of the session as it is now; if not, it lost its place and is told again after the repair. */
  async #announce(session: Session): Promise<boolean> {
    if (this.#failure !== undefined) throw new PipelineClosedError(this.#failure)
    const { id } = session
    const { link } = this.membership.validator
    try {
      await openOnValidator(link, session, {
        pipeline: this.#init.id,
        silenceMsMax: this.#init.frameProgressMsMax,
        resume: null,
      })
    } catch (cause) {
      if (link.failure !== undefined && this.#failure === undefined && !session.isOver) return false
      const error = fromUnknown(cause)
      this.#book.fail(session, error)
      this.wake()
      throw error
    }
    return session.id === id && this.membership.validator.link === link
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    try {
      while (this.#isWoken && this.#failure === undefined && !this.#suspension.isOn) {
        this.#isWoken = false
        for (let round = this.#compose(); round !== undefined; round = this.#compose())
          await this.#send(round)
      }
    } catch (cause) {
      // A stage that is lost is reported by its link.
      if (!(cause instanceof StageLostError)) this.fail(fromUnknown(cause))
    } finally {
      this.#isPumping = false
    }
  }

  #compose(): Round | undefined {
    const { ledger, closings } = this.#book
    if (this.#failure !== undefined || this.#suspension.isOn) return undefined
    // Before what is opened in their stead: stages count open sessions.
    if (closings.isDue) return { open: [], segments: [], close: [], rows: 0 }
    const sessions = [...this.#book.all]
    // Rows that go again are on their way already, as far as the ledger knows.
    const isFull = ledger.frames >= this.#init.framesInFlightMax
    if (isFull && !sessions.some(({ rowsAgain }) => rowsAgain > 0)) return undefined
    return this.#scheduler.compose(sessions, ledger, this.#components.clock.monotonic())
  }

  async #send(composed: Round): Promise<void> {
    const { clock, membership } = this.#components
    const closings = this.#book.closings.take(this.#init.frameSessionsMax - composed.close.length)
    const embedding = embedRound(this.#components, composed)
    this.#embedding = embedding
    const { round, payload, embedMs, failed } = await embedding
    for (const { segment, error } of failed) this.#book.fail(segment.session, error)
    this.evidence.record(round, payload)
    const sentAtMs = clock.monotonic()
    if (this.#book.ledger.isEmpty) this.#stalls.progress()
    const frame = ++this.#frameCount
    for (const { session, position, ids, use, isDecode, isAgain } of round.segments) {
      if (session.isOver || isAgain) continue
      const flight = {
        session: session.id,
        share: session.share,
        end: position + ids.length,
        use,
        isDecode,
        sentAtMs,
        embedMs: (embedMs * ids.length) / round.rows,
        frame,
      }
      this.#book.ledger.depart(flight, ids.length)
    }
    for (const session of round.close) if (session.isOver) this.#book.remove(session, true)
    // What is noted as sent comes again with the repair.
    if (this.#suspension.isOn) return
    await membership.workers[0]?.link.send(this.#frame(round, payload, closings))
    if (failed.length > 0) this.#isWoken = true
  }

  #frame(round: Round, payload: Float32Array, closings: readonly string[]): HiddenMessage {
    return {
      kind: 'hidden',
      pipeline: this.#init.id,
      epoch: this.membership.epoch,
      hiddenSize: this.#init.hiddenSize,
      open: round.open.map((session) => ({
        session: session.id,
        capacity: session.capacity,
        isProven: session.isProven,
      })),
      segments: round.segments.map(({ session, turn, position, ids, use }) => ({
        session: session.id,
        turn,
        position,
        rows: ids.length,
        use,
      })),
      close: [...closings, ...round.close.map((session) => session.id)],
      trace: [],
      payload,
    }
  }

  #onSessionClosed(message: SessionClosedMessage): void {
    if (message.pipeline !== this.#init.id) return
    this.#stalls.progress()
    this.#hasProgressed = true
    this.#book.settleClosed(message)
  }

  #onError(link: StageLink, message: ErrorMessage): void {
    if (message.pipeline !== null && message.pipeline !== this.#init.id) return
    const error = new StageFailedError(link.identity, message)
    if (message.isFatal) {
      const kind = message.code === NEXT_LOST_CODE ? 'next-gone' : 'failed'
      this.#lose({ kind, link, error })
      return
    }
    this.#components.log.warn('stage-error', {
      pipeline: this.#init.id,
      code: message.code,
      reason: error.message,
    })
    if (message.code === REPLAY_MISSING_CODE) this.#restart(message.sessions)
    else for (const id of message.sessions) this.#failSession(id, error)
    this.wake()
  }

  #failSession(id: string, error: ShardlineError): void {
    const session = this.#book.get(id)
    if (session === undefined || session.isOver || this.#recovery.isLeftOut(session)) return
    this.#book.fail(session, error)
  }

  /** Nobody has the rows of these sessions: they begin again, at once or when the repair is done. */
  #restart(sessions: readonly string[]): void {
    for (const id of sessions) {
      const session = this.#book.get(id)
      if (session === undefined || session.isOver) continue
      if (this.#suspension.isOn) this.#missing.add(id)
      else this.#recovery.apply(session, chooseStep(session, UNCHANGED, true))
    }
  }

  #stall(error: ShardlineError): void {
    // A repair that didn't help once doesn't help twice.
    if (!this.#hasProgressed) this.fail(error)
    else this.#lose({ kind: 'stalled', link: undefined, error })
  }

  #lose(loss: Loss): void {
    const { link } = loss
    if (this.#failure !== undefined || (link !== undefined && this.membership.of(link) === undefined)) return
    if (loss.kind === 'stalled' && this.#suspension.isOn) return
    this.#suspension.begin()
    const { kind, error } = loss
    for (const { turn } of this.#book.all)
      turn?.trace?.event({ name: 'stage-lost', kind, code: error.code, node: link?.identity.node })
    this.onLoss(loss)
  }
}

/** A session that begins again while all stages stay. */
const UNCHANGED = Object.freeze({ standing: undefined, isAnew: false, isValidatorNew: false })

/** Whether a wait ended otherwise than by its signal. */
async function isInTime(wait: Promise<void>): Promise<boolean> {
  try {
    await wait
    return true
  } catch (cause) {
    if (cause instanceof AbortedError) return false
    throw cause
  }
}
