import type { Clock, Epoch, Log, Milliseconds, PipelineId, ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { EmbeddingTable } from '@shardline/model'
import type {
  ErrorMessage,
  HiddenMessage,
  SessionClosedMessage,
  SessionOpenMessage,
  TokensMessage,
  WireScores,
  WireToken,
} from '@shardline/wire'
import type { StageFacts } from './answer-statistics.ts'
import { AnswerStatistics } from './answer-statistics.ts'
import { embedRound } from './embedding.ts'
import {
  ConversationClosedError,
  PipelineClosedError,
  PipelineStalledError,
  StageAnswerUnexpectedError,
  StageFailedError,
} from './errors.ts'
import { FlightLedger } from './flight-ledger.ts'
import type { Landing } from './flight-ledger.ts'
import { LandingShares } from './landing-shares.ts'
import type { Round } from './scheduler.ts'
import { Scheduler } from './scheduler.ts'
import { Session } from './session.ts'
import type { StageIdentity } from './stage-identity.ts'
import type { StageLink } from './stage-link.ts'
import type { Turn } from './turn.ts'

/** What a {@link PipelineCore} works with. */
export interface PipelineCoreComponents {
  readonly clock: Clock
  readonly log: Log
  readonly embeddings: EmbeddingTable
  /** Links to the workers in order of their layers. */
  readonly workers: readonly StageLink[]
  readonly validator: StageLink
}

/** What a {@link PipelineCore} is to do. */
export interface PipelineCoreInit {
  readonly id: PipelineId
  readonly epoch: Epoch
  readonly hiddenSize: number
  /** Driver, workers, validator. */
  readonly stages: readonly StageFacts[]
  readonly prefillChunkRows: number
  readonly prefillRowsInFlightMax: number
  readonly decodeFramesInFlightMax: number
  readonly frameRowsMax: number
  readonly frameSessionsMax: number
  readonly framesInFlightMax: number
  readonly frameProgressMsMax: Milliseconds
}

/** What the validator is told at the start of a turn. */
export type TurnOpening = Omit<SessionOpenMessage, 'kind' | 'request' | 'pipeline' | 'session'>

/** Checks of the watchdog per {@link PipelineCoreInit.frameProgressMsMax}: how late a stall may be seen, as a fraction. */
const CHECKS_PER_WAIT = 4

/**
 * The running part of a pipeline: moves rows of many sessions out and tokens in.
 *
 * The way of a decode step is short on purpose: an answer arrives, its tokens are handed to their turns, the next round is
 * composed in the same call, and after one wait for the embedding rows the frame is handed to the link. No timers.
 */
export class PipelineCore {
  /** Over all answers since the pipeline was formed. */
  readonly statistics: AnswerStatistics
  readonly #components: PipelineCoreComponents
  readonly #init: PipelineCoreInit
  readonly #sessions = new Map<string, Session>()
  readonly #ledger = new FlightLedger()
  readonly #scheduler: Scheduler
  readonly #quiet = new Map<string, () => void>()
  readonly #over = new AbortController()
  #sessionCount = 0
  #frameCount = 0
  #isPumping = false
  #isWoken = false
  #failure: ShardlineError | undefined
  #lastProgressMs: Milliseconds = 0

  constructor(components: PipelineCoreComponents, init: PipelineCoreInit) {
    this.#components = components
    this.#init = init
    this.#scheduler = new Scheduler(init)
    this.statistics = new AnswerStatistics(init.stages)
    const handlers = {
      onTokens: (message: TokensMessage) => this.#onTokens(message),
      onSessionClosed: (message: SessionClosedMessage) => this.#onSessionClosed(message),
      onError: (stage: StageIdentity, message: ErrorMessage) => this.#onError(stage, message),
      onLost: (error: ShardlineError) => this.fail(error),
    }
    for (const link of [...components.workers, components.validator]) link.handle(handlers)
    this.#watch().catch(() => undefined) // Ends when the pipeline does.
  }

  /** Why the pipeline broke; undefined while it works. */
  get failure(): ShardlineError | undefined {
    return this.#failure
  }

  /** Aborts when the pipeline is over; the reason says why. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** New statistics for one answer. */
  newStatistics(): AnswerStatistics {
    return new AnswerStatistics(this.#init.stages)
  }

  /**
   * A new session of at most `capacity` tokens; the stages hear of it with its first rows.
   *
   * @throws PipelineClosedError.
   */
  openSession(capacity: number): Session {
    if (this.#failure !== undefined) throw new PipelineClosedError(this.#failure)
    const session = new Session(`s${++this.#sessionCount}`, capacity)
    this.#sessions.set(session.id, session)
    return session
  }

  /**
   * Starts a turn once answers of the turn before are in: tells the validator, waits for its word, then lets rows go.
   *
   * @returns tokens of the context that are reused, or undefined if the turn ended meanwhile.
   * @throws StageFailedError, StageSilentError, StageLostError, PipelineClosedError, ConversationClosedError.
   */
  async startTurn(
    session: Session,
    turn: Turn,
    options: { opening: TurnOpening; signal: AbortSignal },
  ): Promise<number | undefined> {
    await this.#untilQuiet(session)
    if (this.#failure !== undefined) throw new PipelineClosedError(this.#failure)
    if (options.signal.aborted) return undefined
    if (session.state !== 'resting') throw session.failure ?? new ConversationClosedError()
    const reused = session.beginTurn(turn)
    const reply = this.#components.validator.request(
      (request) => ({
        kind: 'session-open',
        request,
        pipeline: this.#init.id,
        session: session.id,
        ...options.opening,
      }),
      {
        what: `the opening of session ${session.id}`,
        silenceMsMax: this.#init.frameProgressMsMax,
        onProgress: undefined,
        signal: undefined,
      },
    )
    try {
      await reply
    } catch (cause) {
      const error = fromUnknown(cause)
      this.#failSession(session, error)
      throw error
    }
    if (session.turn !== turn) return undefined
    session.markOpened()
    return reused
  }

  /** Sends what there is to send. */
  wake(): void {
    this.#isWoken = true
    if (!this.#isPumping && this.#failure === undefined) void this.#pump()
  }

  /** Lets a session go; resolves when all stages have, with undefined if it failed. Never rejects. */
  async closeSession(session: Session): Promise<SessionClosedMessage | undefined> {
    session.requestClose()
    if (session.isOver && !session.isCloseDue) this.#sessions.delete(session.id)
    this.wake()
    return session.closed
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
    for (const session of this.#sessions.values()) {
      session.fail(error)?.fail(error)
      this.#ledger.forget(session.id)
      this.#settleQuiet(session.id)
    }
    this.#sessions.clear()
    this.#over.abort(error)
  }

  async #untilQuiet(session: Session): Promise<void> {
    if (!this.#ledger.isAwaiting(session.id)) return
    await new Promise<void>((resolve) => {
      this.#quiet.set(session.id, resolve)
    })
  }

  #settleQuiet(session: string): void {
    if (this.#quiet.size === 0 || this.#ledger.isAwaiting(session)) return
    this.#quiet.get(session)?.()
    this.#quiet.delete(session)
  }

  #failSession(session: Session, error: ShardlineError): void {
    const isOnStages = !session.isOver && session.isAnnounced && session.state !== 'draining'
    session.fail(error)?.fail(error)
    session.isCloseDue ||= isOnStages
    if (!session.isCloseDue) this.#sessions.delete(session.id)
    this.#ledger.forget(session.id)
    this.#settleQuiet(session.id)
    this.wake()
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    try {
      while (this.#isWoken && this.#failure === undefined) {
        this.#isWoken = false
        for (let round = this.#compose(); round !== undefined; round = this.#compose())
          await this.#send(round)
      }
    } catch (cause) {
      this.fail(fromUnknown(cause))
    } finally {
      this.#isPumping = false
    }
  }

  #compose(): Round | undefined {
    if (this.#failure !== undefined || this.#ledger.frames >= this.#init.framesInFlightMax) return undefined
    return this.#scheduler.compose(this.#sessions.values(), this.#ledger)
  }

  async #send(composed: Round): Promise<void> {
    const { clock, workers } = this.#components
    const { round, payload, embedMs, failed } = await embedRound(this.#components, composed)
    for (const { segment, error } of failed) this.#failSession(segment.session, error)
    const sentAtMs = clock.monotonic()
    if (this.#ledger.isEmpty) this.#lastProgressMs = sentAtMs
    const frame = ++this.#frameCount
    for (const { session, position, ids, use, isDecode } of round.segments) {
      if (session.isOver) continue
      const flight = {
        session: session.id,
        end: position + ids.length,
        use,
        isDecode,
        sentAtMs,
        embedMs: (embedMs * ids.length) / round.rows,
        frame,
      }
      this.#ledger.depart(flight, ids.length)
    }
    await workers[0]?.send(this.#frame(round, payload))
    for (const session of round.close) if (session.isOver) this.#sessions.delete(session.id)
  }

  #frame(round: Round, payload: Float32Array): HiddenMessage {
    return {
      kind: 'hidden',
      pipeline: this.#init.id,
      epoch: this.#init.epoch,
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
      close: round.close.map((session) => session.id),
      trace: [],
      payload,
    }
  }

  #onTokens(message: TokensMessage): void {
    if (
      message.pipeline !== this.#init.id ||
      message.epoch !== this.#init.epoch ||
      this.#failure !== undefined
    )
      return
    const nowMs = this.#components.clock.monotonic()
    this.#lastProgressMs = nowMs
    const tokens = message.tokens.map((token) => ({
      token,
      landed: this.#ledger.land(token.session, token.position),
    }))
    const scores = message.scores.map((score) => ({
      score,
      landed: this.#ledger.land(score.session, score.position + score.topIds.length),
    }))
    this.#measure(
      message,
      [...tokens, ...scores].flatMap(({ landed }) => landed),
      nowMs,
    )
    for (const { token, landed } of tokens) this.#takeToken(token, landed, nowMs)
    for (const { score, landed } of scores) this.#takeScores(score, landed)
    this.wake()
  }

  /** Lands the rows that nobody answers, and gives each answer its share of what the stages did. */
  #measure(message: TokensMessage, answered: readonly Landing[], nowMs: Milliseconds): void {
    const last = this.#components.workers.at(-1)?.identity
    let through = 0
    for (const entry of message.trace) {
      if (entry.layers !== null && entry.node === last?.node && entry.layers.first === last.layers?.first)
        through += entry.rows
    }
    const silentRows = through - answered.reduce((sum, landing) => sum + landing.rows, 0)
    const landings = silentRows > 0 ? [...answered, ...this.#ledger.landSilent(silentRows)] : answered
    const shares = new LandingShares(landings, nowMs)
    for (const [id, part] of shares.bySession(message.trace)) {
      this.#sessions.get(id)?.turn?.statistics.record(part)
    }
    this.statistics.record(shares.whole(message.trace))
  }

  #takeToken(token: WireToken, landed: readonly Landing[], nowMs: Milliseconds): void {
    const session = this.#sessions.get(token.session)
    if (session === undefined || session.isOver) return
    const flight = landed.at(-1)?.flight
    if (flight === undefined || flight.use !== 'sample' || flight.end !== token.position) {
      this.#failSession(
        session,
        this.#unexpected(`a token for position ${token.position} of session ${token.session}`),
      )
      return
    }
    this.#settleQuiet(session.id)
    const { turn } = session
    if (turn === undefined) return
    if (turn.onToken(token, flight.isDecode ? nowMs - flight.sentAtMs : undefined)) session.proceed(token.id)
    else session.endTurn()
  }

  #takeScores(scores: WireScores, landed: readonly Landing[]): void {
    const session = this.#sessions.get(scores.session)
    if (session === undefined || session.isOver) return
    const [first] = landed
    const rows = landed.reduce((sum, landing) => sum + landing.rows, 0)
    if (first === undefined || first.flight.use !== 'score' || rows !== scores.topIds.length) {
      this.#failSession(
        session,
        this.#unexpected(`scores from position ${scores.position} of session ${scores.session} on`),
      )
      return
    }
    this.#settleQuiet(session.id)
    if (session.turn?.onScores(scores) === false) session.endTurn()
  }

  #unexpected(what: string): StageAnswerUnexpectedError {
    return new StageAnswerUnexpectedError(this.#components.validator.identity, what)
  }

  #onSessionClosed(message: SessionClosedMessage): void {
    if (message.pipeline !== this.#init.id) return
    this.#lastProgressMs = this.#components.clock.monotonic()
    const session = this.#sessions.get(message.session)
    if (session === undefined) return
    this.#ledger.forget(session.id)
    this.#sessions.delete(session.id)
    session.markClosed(message)
    this.#settleQuiet(session.id)
  }

  #onError(stage: StageIdentity, message: ErrorMessage): void {
    if (message.pipeline !== null && message.pipeline !== this.#init.id) return
    const error = new StageFailedError(stage, message)
    if (message.isFatal) {
      this.fail(error)
      return
    }
    this.#components.log.warn('stage-error', {
      pipeline: this.#init.id,
      code: message.code,
      reason: error.message,
    })
    for (const id of message.sessions) {
      const session = this.#sessions.get(id)
      if (session !== undefined && !session.isOver) this.#failSession(session, error)
    }
  }

  /** Progress is a timer of its own: links that live don't show that frames move. */
  async #watch(): Promise<void> {
    const { frameProgressMsMax } = this.#init
    for (;;) {
      await this.#components.clock.sleep(frameProgressMsMax / CHECKS_PER_WAIT, { signal: this.#over.signal })
      const nowMs = this.#components.clock.monotonic()
      const isBusy =
        !this.#ledger.isEmpty || [...this.#sessions.values()].some((session) => session.state === 'draining')
      if (isBusy && nowMs - this.#lastProgressMs >= frameProgressMsMax) {
        const stages = [...this.#components.workers, this.#components.validator].map((link) => link.identity)
        this.fail(new PipelineStalledError(stages, frameProgressMsMax))
        return
      }
      this.#failStalledSessions(nowMs)
    }
  }

  /** A session whose answer never comes although others get theirs: a stage has lost it. */
  #failStalledSessions(nowMs: Milliseconds): void {
    const stages = [...this.#components.workers, this.#components.validator].map((link) => link.identity)
    for (const session of this.#sessions.values()) {
      const sinceMs = this.#ledger.awaitingSinceMs(session.id)
      if (sinceMs === undefined || nowMs - sinceMs < this.#init.frameProgressMsMax) continue
      this.#failSession(session, new PipelineStalledError(stages, this.#init.frameProgressMsMax))
    }
  }
}
