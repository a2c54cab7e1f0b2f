import type { Milliseconds, ShardlineError } from '@shardline/core'
import { AbortedError } from '@shardline/core'
import type { SessionClosedMessage } from '@shardline/wire'
import { Closings } from './closings.ts'
import { FlightLedger } from './flight-ledger.ts'
import type { DriverEvidence } from './proof/driver-evidence.ts'
import { Session } from './session.ts'
import type { SessionOptions } from './session.ts'

/** The sessions of a pipeline by their names on the wire, what of them is on its way, and who waits for that. */
export class SessionBook {
  readonly ledger: FlightLedger = new FlightLedger()
  readonly closings: Closings = new Closings()
  readonly #sessions = new Map<string, Session>()
  readonly #quiet = new Map<Session, () => void>()
  readonly #evidence: Pick<DriverEvidence, 'close' | 'drop' | 'rename' | 'resume'>
  #count = 0

  constructor(evidence: Pick<DriverEvidence, 'close' | 'drop' | 'rename' | 'resume'>) {
    this.#evidence = evidence
  }

  /** All that are not over, and those that failed and are to be closed. */
  get all(): Iterable<Session> {
    return this.#sessions.values()
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** A name that no session had before. */
  nextId(): string {
    this.#count += 1
    return `s${this.#count}`
  }

  /** A new session. */
  open(capacity: number, options: SessionOptions): Session {
    const session = new Session(this.nextId(), capacity, options)
    this.#sessions.set(session.id, session)
    return session
  }

  /** Puts a session under another name by `change`; under the old one it is to be closed where a stage knows it. */
  rename(session: Session, change: (id: string) => void): void {
    const { id: before, isAnnounced } = session
    const pending = this.ledger.recall(before)
    this.#sessions.delete(before)
    if (isAnnounced) this.closings.add(before)
    change(this.nextId())
    if (session.isProven) this.#evidence.rename(before, session.id)
    this.#sessions.set(session.id, session)
    for (const { flight, rows } of pending) this.ledger.depart({ ...flight, session: session.id }, rows)
  }

  /** Forgets a session that is over; its close was sent if `isCloseSent`. */
  remove(session: Session, isCloseSent: boolean): void {
    this.#sessions.delete(session.id)
    if (isCloseSent) this.closings.addSent(session.id)
  }

  /** Every stage has let it go. */
  settleClosed(message: SessionClosedMessage): void {
    this.closings.settle(message.session)
    const session = this.#sessions.get(message.session)
    if (session === undefined) return
    this.ledger.forget(session.id)
    this.#sessions.delete(session.id)
    if (session.isProven) this.#evidence.close(session.id)
    session.markClosed(message)
    this.settleQuiet(session)
  }

  /** Ends a session as if it were closed; the stages are told once more. */
  abandon(session: Session): void {
    this.ledger.forget(session.id)
    this.#sessions.delete(session.id)
    this.closings.add(session.id)
    session.markClosed(undefined)
    this.settleQuiet(session)
  }

  /** Another validator takes the session over, which has not seen the rows before `position`. */
  resumeAt(session: Session, position: number): void {
    if (session.isProven) this.#evidence.resume(session.id, position)
  }

  /** Fails a session; where stages know it, its end is to be sent. */
  fail(session: Session, error: ShardlineError): void {
    const isOnStages = !session.isOver && session.isAnnounced && session.state !== 'draining'
    session.fail(error)?.fail(error)
    session.isCloseDue ||= isOnStages
    if (!session.isCloseDue) this.#sessions.delete(session.id)
    if (session.isProven) this.#evidence.drop(session.id)
    this.ledger.forget(session.id)
    this.settleQuiet(session)
  }

  /** Fails all sessions and forgets them. */
  failAll(error: ShardlineError): void {
    for (const session of this.#sessions.values()) {
      session.fail(error)?.fail(error)
      this.ledger.forget(session.id)
      this.settleQuiet(session)
    }
    this.#sessions.clear()
    this.closings.clear()
  }

  /** Resolves when no answer for the session is on its way. @throws AbortedError. */
  async untilQuiet(session: Session, signal: AbortSignal): Promise<void> {
    if (!this.ledger.isAwaiting(session.id)) return
    const over = new AbortController()
    try {
      await new Promise<void>((resolve, reject) => {
        this.#quiet.set(session, resolve)
        const onAbort = (): void => reject(new AbortedError('the answer before', signal.reason))
        signal.addEventListener('abort', onAbort, { signal: over.signal })
        if (signal.aborted) onAbort()
      })
    } finally {
      this.#quiet.delete(session)
      over.abort()
    }
  }

  /** Lets go on who waits for the last answer of a session, if it is there. */
  settleQuiet(session: Session): void {
    if (this.#quiet.size === 0 || this.ledger.isAwaiting(session.id)) return
    this.#quiet.get(session)?.()
  }

  /** Sends again what may be answered: nothing that was on its way counts any more. */
  restamp(session: Session, at: { readonly nowMs: Milliseconds; readonly frame: () => number }): void {
    const pending = this.ledger.recall(session.id)
    for (const { flight, rows } of pending) {
      this.ledger.depart({ ...flight, sentAtMs: at.nowMs, frame: at.frame() }, rows)
    }
  }
}
