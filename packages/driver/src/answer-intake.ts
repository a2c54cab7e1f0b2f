import type { Clock, Milliseconds, PipelineId } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { TokensMessage, WireScores, WireToken } from '@shardline/wire'
import type { AnswerStatistics } from './answer-statistics.ts'
import { StageAnswerUnexpectedError } from './errors.ts'
import type { Landing } from './flight-ledger.ts'
import { LandingShares } from './landing-shares.ts'
import type { Membership } from './membership.ts'
import type { SessionBook } from './session-book.ts'
import type { Session } from './session.ts'

/** What an {@link AnswerIntake} works with. */
export interface AnswerIntakeComponents {
  readonly clock: Clock
  readonly book: SessionBook
  readonly membership: Membership
  /** Over all answers. */
  readonly statistics: AnswerStatistics
  /** Something came through the pipeline. */
  readonly onProgress: () => void
}

/** Hands what the validator says to the sessions that it is about. */
export class AnswerIntake {
  readonly #components: AnswerIntakeComponents
  readonly #pipeline: PipelineId
  /** What a formation says that isn't complete yet: its stages may be at work before the last one is ready. */
  #early: TokensMessage[] = []

  constructor(components: AnswerIntakeComponents, pipeline: PipelineId) {
    this.#components = components
    this.#pipeline = pipeline
  }

  /** Takes what came out of one frame; of a formation that isn't in force yet it waits for {@link release}. */
  take(message: TokensMessage): void {
    if (message.pipeline !== this.#pipeline) return
    if (message.epoch > this.#components.membership.epoch) this.#early.push(message)
    else this.#take(message)
  }

  /** The formation is in force. */
  release(): void {
    const early = this.#early
    this.#early = []
    for (const message of early) this.#take(message)
  }

  /** The validator that said it is replaced: its successor says it again. */
  discard(): void {
    this.#early = []
  }

  #take(message: TokensMessage): void {
    const { clock, book, onProgress } = this.#components
    const nowMs = clock.monotonic()
    onProgress()
    const tokens = message.tokens.map((token) => ({
      token,
      landed: book.ledger.land(token.session, token.position),
    }))
    const scores = message.scores.map((score) => ({
      score,
      landed: book.ledger.land(score.session, score.position + score.topIds.length),
    }))
    this.#measure(
      message,
      [...tokens, ...scores].flatMap(({ landed }) => landed),
      nowMs,
    )
    for (const { token, landed } of tokens) this.#takeToken(token, landed, nowMs)
    for (const { score, landed } of scores) this.#takeScores(score, landed)
  }

  /** Lands the rows that nobody answers, and gives each answer its share of what the stages did. */
  #measure(message: TokensMessage, answered: readonly Landing[], nowMs: Milliseconds): void {
    const { book, membership, statistics } = this.#components
    const last = membership.workers.at(-1)?.facts
    let through = 0
    for (const entry of message.trace) {
      if (entry.layers !== null && entry.node === last?.node && entry.layers.first === last.layers?.first)
        through += entry.rows
    }
    const silentRows = through - answered.reduce((sum, landing) => sum + landing.rows, 0)
    const landings = silentRows > 0 ? [...answered, ...book.ledger.landSilent(silentRows)] : answered
    const shares = new LandingShares(landings, nowMs)
    for (const [id, part] of shares.bySession(message.trace)) {
      const turn = book.get(id)?.turn
      turn?.statistics.record(part)
      turn?.trace?.step({
        sentMs: part.sentMs,
        landedMs: nowMs,
        isDecode: part.stepMs !== undefined,
        rows: part.rows,
        rowsTotal: part.rowsTotal,
        stages: message.trace,
      })
    }
    statistics.record(shares.whole(message.trace))
  }

  #takeToken(token: WireToken, landed: readonly Landing[], nowMs: Milliseconds): void {
    const { book } = this.#components
    const session = book.get(token.session)
    if (session === undefined || session.isOver) return
    const { turn, latestTurn } = session
    if (latestTurn?.use === 'sample' && latestTurn.isKnown(token.position)) {
      this.#recheck(session, token)
      return
    }
    const flight = landed.at(-1)?.flight
    if (flight === undefined || flight.use !== 'sample' || flight.end !== token.position) {
      // After a turn's end, or sampled again by a validator that took over: nobody waits for it.
      if (turn === undefined) return
      this.#refuse(session, `a token for position ${token.position} of session ${token.session}`)
      return
    }
    book.settleQuiet(session)
    if (turn === undefined) return
    if (turn.onToken(token, flight.isDecode ? nowMs - flight.sentAtMs : undefined)) session.proceed(token.id)
    else session.endTurn()
  }

  #recheck(session: Session, token: WireToken): void {
    try {
      session.latestTurn?.recheck(token)
    } catch (cause) {
      this.#components.book.fail(session, fromUnknown(cause))
    }
  }

  #takeScores(scores: WireScores, landed: readonly Landing[]): void {
    const { book } = this.#components
    const session = book.get(scores.session)
    if (session === undefined || session.isOver) return
    const { latestTurn, turn } = session
    const fresh = scores.topIds.filter((_, index) => latestTurn?.isKnown(scores.position + index) !== true)
    const rows = landed.reduce((sum, landing) => sum + landing.rows, 0)
    if (rows !== fresh.length || landed.some(({ flight }) => flight.use !== 'score')) {
      this.#refuse(session, `scores from position ${scores.position} of session ${scores.session} on`)
      return
    }
    book.settleQuiet(session)
    if (turn?.onScores(scores) === false) session.endTurn()
  }

  #refuse(session: Session, what: string): void {
    const { book, membership } = this.#components
    book.fail(session, new StageAnswerUnexpectedError(membership.validator.link.identity, what))
  }
}
