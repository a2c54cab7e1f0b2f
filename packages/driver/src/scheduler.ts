import type { Session, TakenRows } from './session.ts'

/** Rows of one session in a round. */
export interface RoundSegment extends TakenRows {
  readonly session: Session
}

/** What goes into one frame. */
export interface Round {
  /** Sessions whose first rows are in this round. */
  readonly open: readonly Session[]
  readonly segments: readonly RoundSegment[]
  readonly close: readonly Session[]
  readonly rows: number
}

/** What is on its way when a round is composed. */
export interface InFlight {
  /** Rows of prompts. */
  readonly prefillRows: number
  /** Frames with decode rows. */
  readonly decodeFrames: number
}

/** Bounds of a {@link Scheduler}. */
export interface SchedulerInit {
  /** Rows of one chunk of a prompt, and prefill rows of one round. */
  readonly prefillChunkRows: number
  /** Frames with decode rows on their way at the most; the rows of the next one gather meanwhile. */
  readonly decodeFramesInFlightMax: number
  /** Prefill rows on their way at the most; a single chunk may always go when there are none. */
  readonly prefillRowsInFlightMax: number
  /** Rows of one frame. */
  readonly frameRowsMax: number
  /** Sessions of one frame. */
  readonly frameSessionsMax: number
}

/**
 * Composes rounds: the next token of every session that has one, then prompt chunks, then ends.
 *
 * Decode rows come first and are never held back by prompts. Only as many frames with decode rows are on their way as there
 * are stages that can work on them at the same time: more would cut the sessions into smaller batches for nothing. Prompts share what is left: each round has at most one chunk's
 * worth of prefill rows, and the session after the one that was served last is served first. So a long prompt delays the
 * others by one chunk at a time, and short prompts travel together.
 */
export class Scheduler {
  readonly #init: SchedulerInit
  #lastPrefilled: Session | undefined

  constructor(init: SchedulerInit) {
    this.#init = init
  }

  /**
   * Takes the rows of the next round out of their sessions; undefined if there is nothing to send now.
   */
  compose(sessions: Iterable<Session>, inFlight: InFlight): Round | undefined {
    const { frameRowsMax, frameSessionsMax, decodeFramesInFlightMax } = this.#init
    const decodeRowsMax = inFlight.decodeFrames < decodeFramesInFlightMax ? frameRowsMax : 0
    const segments: RoundSegment[] = []
    const close: Session[] = []
    const prefilling: Session[] = []
    let rows = 0
    for (const session of sessions) {
      if (session.canClose && close.length < frameSessionsMax) close.push(session)
      else if (session.prefillRows > 0) prefilling.push(session)
      else if (session.hasDecodeRow && rows < decodeRowsMax && segments.length < frameSessionsMax) {
        segments.push({ session, ...session.take(1) })
        rows++
      }
    }
    rows += this.#addPrefill(segments, prefilling, { rows, inFlight: inFlight.prefillRows })
    for (const session of close) session.isCloseDue = false
    if (segments.length === 0 && close.length === 0) return undefined
    const open: Session[] = []
    for (const { session } of segments) {
      if (session.isOpened) continue
      session.isOpened = true
      open.push(session)
    }
    return { open, segments, close, rows }
  }

  /** Adds prompt chunks in turn; returns their rows. A chunk is never cut to fit a budget: it waits. */
  #addPrefill(
    segments: RoundSegment[],
    prefilling: readonly Session[],
    used: { readonly rows: number; readonly inFlight: number },
  ): number {
    const { prefillChunkRows, prefillRowsInFlightMax, frameRowsMax, frameSessionsMax } = this.#init
    const after = this.#lastPrefilled === undefined ? 0 : prefilling.indexOf(this.#lastPrefilled) + 1
    let added = 0
    for (const session of [...prefilling.slice(after), ...prefilling.slice(0, after)]) {
      const chunk = Math.min(prefillChunkRows, session.prefillRows, frameRowsMax)
      const isFirst = added === 0
      if (!isFirst && added + chunk > prefillChunkRows) break
      if (!(isFirst && used.inFlight === 0) && used.inFlight + added + chunk > prefillRowsInFlightMax) break
      if (used.rows + added + chunk > frameRowsMax || segments.length >= frameSessionsMax) break
      const taken = session.take(chunk)
      segments.push({ session, ...taken })
      added += taken.ids.length
      this.#lastPrefilled = session
    }
    return added
  }
}
