import type { Clock, Milliseconds, PipelineId } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { Membership } from '../membership.ts'
import { openOnValidator } from '../open-on-validator.ts'
import type { SessionBook } from '../session-book.ts'
import type { Session } from '../session.ts'
import type { StageLink } from '../stage-link.ts'
import type { Recovery, RecoveryStep } from './recovery.ts'
import { chooseStep, restartOf, takeOverOf } from './recovery.ts'

/** What a {@link SessionRecovery} works with. */
export interface SessionRecoveryComponents {
  readonly clock: Clock
  readonly book: SessionBook
  readonly membership: Membership
  /** Numbers frames. */
  readonly nextFrame: () => number
  /** There is something to send. */
  readonly wake: () => void
}

/** Options of a {@link SessionRecovery}. */
export interface SessionRecoveryInit {
  readonly id: PipelineId
  /** Time without an answer of the validator to an opening. */
  readonly silenceMsMax: Milliseconds
}

/** What it took to let the sessions go on. */
export interface RecoveredRows {
  /** Sessions that began again under another name. */
  readonly restartedSessions: number
  /** Rows that the driver sends again. */
  readonly replayedRows: number
}

/** Lets sessions go on with other stages. */
export class SessionRecovery {
  readonly #components: SessionRecoveryComponents
  readonly #init: SessionRecoveryInit
  /** Sessions that the validator which takes its place knows of; undefined if none was replaced since the last formation. */
  #takenOver: Set<Session> | undefined

  constructor(components: SessionRecoveryComponents, init: SessionRecoveryInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * Tells a validator that takes its place of all answers that it takes over; an answer that it refuses fails.
   *
   * @throws StageLostError, StageSilentError: the validator is none.
   */
  async handOver(validator: StageLink, isMissing: (session: Session) => boolean): Promise<void> {
    const takenOver = new Set<Session>()
    this.#takenOver = takenOver
    const recovery = { standing: undefined, isAnew: false, isValidatorNew: true }
    const opened = [...this.#components.book.all].map(async (session) => {
      const { latestTurn: turn } = session
      if (session.isOver || turn === undefined) return
      if (chooseStep(session, recovery, isMissing(session)) !== 'take-over') return
      takenOver.add(session)
      const resume = takeOverOf(session, turn)
      this.#components.book.resumeAt(session, resume?.position ?? 0)
      await this.#open(validator, session, resume)
    })
    await Promise.all(opened)
  }

  /** Whether a validator that takes its place doesn't know the session, which begins again: what it says of it is no failure. */
  isLeftOut(session: Session): boolean {
    return this.#takenOver?.has(session) === false
  }

  /** Does for each session what the new formation asks for. */
  recover(recovery: Recovery, isMissing: (session: Session) => boolean): RecoveredRows {
    const { book } = this.#components
    const { standing, isAnew } = recovery
    const sessions = [...book.all]
    const named = new Set(sessions.map(({ id }) => id))
    const counts = { restartedSessions: 0, replayedRows: 0 }
    book.closings.again()
    for (const session of sessions) {
      if (session.isOver) {
        if (isAnew) book.remove(session, false)
        continue
      }
      if (this.#recover(session, recovery, isMissing(session)) === 'restart') counts.restartedSessions += 1
      counts.replayedRows += session.rowsAgain
    }
    for (const id of standing?.keys() ?? []) if (!named.has(id)) book.closings.add(id)
    if (isAnew) book.closings.clear()
    this.#takenOver = undefined
    return counts
  }

  #recover(session: Session, recovery: Recovery, isMissing: boolean): RecoveryStep {
    // An answer whose last signature is owed hears who gives it, although its tokens are all in.
    const turn = session.state === 'draining' ? session.latestTurn : session.turn
    const chosen = chooseStep(session, recovery, isMissing)
    // It began after the validator was told.
    const step = chosen === 'take-over' && this.#takenOver?.has(session) !== true ? 'restart' : chosen
    this.apply(session, step)
    if (step === 'keep' || step === 'take-over') this.#replay(session, recovery.standing?.get(session.id))
    if (recovery.isRestaged && step !== 'abandon') turn?.restage(this.#components.membership.facts)
    return step
  }

  /** Does one step for one session. */
  apply(session: Session, step: RecoveryStep): void {
    const { book } = this.#components
    if (step === 'abandon') book.abandon(session)
    else if (step === 'close') session.isCloseDue = true
    else if (step === 'reset') this.#reset(session)
    else if (step === 'restart') this.#restart(session)
  }

  #replay(session: Session, standing: Parameters<Session['replay']>[0]): void {
    if (session.isOpened) session.replay(standing)
    this.#restamp(session)
  }

  #restamp(session: Session): void {
    const { clock, book, nextFrame } = this.#components
    book.restamp(session, { nowMs: clock.monotonic(), frame: nextFrame })
  }

  #reset(session: Session): void {
    const { book } = this.#components
    book.rename(session, (id) => session.reset(id))
    book.ledger.forget(session.id)
    book.settleQuiet(session)
  }

  #restart(session: Session): void {
    const { book, membership } = this.#components
    const { latestTurn: turn } = session
    if (turn === undefined) return
    book.rename(session, (id) => session.restart(id, turn.resume().position))
    if (session.state === 'draining') session.isCloseDue = true
    this.#restamp(session)
    const { id } = session
    const { link } = membership.validator
    this.#open(link, session, restartOf(turn)).then(
      () => {
        if (session.id !== id || membership.validator.link !== link) return
        session.isHeld = false
        this.#components.wake()
      },
      () => undefined, // The validator is lost: the next repair begins the session again.
    )
  }

  async #open(link: StageLink, session: Session, resume: ReturnType<typeof takeOverOf>): Promise<void> {
    try {
      await openOnValidator(link, session, {
        pipeline: this.#init.id,
        silenceMsMax: this.#init.silenceMsMax,
        resume,
      })
    } catch (cause) {
      if (link.failure !== undefined) throw cause
      this.#components.book.fail(session, fromUnknown(cause))
      this.#components.wake()
    }
  }
}
