import type { Clock, Milliseconds } from '@shardline/core'
import { PipelineStalledError } from './errors.ts'
import type { Membership } from './membership.ts'
import type { SessionBook } from './session-book.ts'

/** What a {@link StallWatch} works with. */
export interface StallWatchComponents {
  readonly clock: Clock
  readonly book: SessionBook
  readonly membership: Membership
  /** Rows are on their way, and nothing came through for too long. */
  readonly onStalled: (error: PipelineStalledError) => void
}

/** Options of a {@link StallWatch}. */
export interface StallWatchInit {
  readonly frameProgressMsMax: Milliseconds
  /** Ends the watch. */
  readonly signal: AbortSignal
}

/** Checks per {@link StallWatchInit.frameProgressMsMax}: how late a stall may be seen, as a fraction. */
const CHECKS_PER_WAIT = 4

/** Sees when rows make no progress: links that live don't show that frames move. */
export class StallWatch {
  readonly #components: StallWatchComponents
  readonly #init: StallWatchInit
  #lastProgressMs: Milliseconds = 0

  constructor(components: StallWatchComponents, init: StallWatchInit) {
    this.#components = components
    this.#init = init
    this.#watch().catch(() => undefined) // Ends by the signal.
  }

  /** Something came through, or is only now on its way. */
  progress(): void {
    this.#lastProgressMs = this.#components.clock.monotonic()
  }

  async #watch(): Promise<void> {
    const { clock, book, onStalled } = this.#components
    const { frameProgressMsMax, signal } = this.#init
    for (;;) {
      await clock.sleep(frameProgressMsMax / CHECKS_PER_WAIT, { signal })
      const nowMs = clock.monotonic()
      const isBusy = !book.ledger.isEmpty || [...book.all].some((session) => session.state === 'draining')
      if (isBusy && nowMs - this.#lastProgressMs >= frameProgressMsMax) {
        this.progress()
        onStalled(this.#error())
      } else this.#failStalledSessions(nowMs)
    }
  }

  /** A session whose answer never comes although others get theirs: a stage has lost it. */
  #failStalledSessions(nowMs: Milliseconds): void {
    const { book } = this.#components
    for (const session of book.all) {
      const sinceMs = book.ledger.awaitingSinceMs(session.id)
      if (sinceMs === undefined || nowMs - sinceMs < this.#init.frameProgressMsMax) continue
      book.fail(session, this.#error())
    }
  }

  #error(): PipelineStalledError {
    const stages = this.#components.membership.all.map(({ link }) => link.identity)
    return new PipelineStalledError(stages, this.#init.frameProgressMsMax)
  }
}
