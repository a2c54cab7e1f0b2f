import type { Milliseconds } from '@shardline/core'
import type { SegmentUse } from '@shardline/wire'

/** Rows of one session on their way through the stages. */
export interface Flight {
  readonly session: string
  /** Whom the session's computing counts for. */
  readonly share: string
  /** Position after the last row. */
  readonly end: number
  readonly use: SegmentUse
  /** Whether these rows are the one row of a decode step. */
  readonly isDecode: boolean
  readonly sentAtMs: Milliseconds
  /** Time that looking up its embedding rows took, in milliseconds. */
  readonly embedMs: Milliseconds
  /** Number of the frame that carries them. */
  readonly frame: number
}

/** Rows that came through, and the flight that they belong to. */
export interface Landing {
  readonly flight: Flight
  readonly rows: number
}

interface Pending {
  readonly flight: Flight
  rows: number
}

/**
 * What is on its way. Stages may merge frames, and take decode rows before prefill rows, so that answers don't map to frames;
 * but rows of one session stay in order and none gets lost. So an answer for a position lands all rows of its session below
 * it, and rows that nobody answers (`none`) land by their count, which the trace of each answer tells.
 */
export class FlightLedger {
  readonly #pending = new Map<string, Pending[]>()
  readonly #silent: Pending[] = []
  readonly #frames = new Map<number, number>()
  readonly #decodeFrames = new Map<number, number>()
  readonly #prefillRowsOf = new Map<string, number>()
  #prefillRows = 0

  /** Rows of prompts on their way. */
  get prefillRows(): number {
    return this.#prefillRows
  }

  /** Rows of prompts on their way of the sessions of one share. */
  prefillRowsOf(share: string): number {
    return this.#prefillRowsOf.get(share) ?? 0
  }

  /** Frames of which some rows are on their way. */
  get frames(): number {
    return this.#frames.size
  }

  /** Frames of which some decode rows are on their way. */
  get decodeFrames(): number {
    return this.#decodeFrames.size
  }

  /** Notes rows that are about to be sent. */
  depart(flight: Flight, rows: number): void {
    const pending: Pending = { flight, rows }
    const ofSession = this.#pending.get(flight.session)
    if (ofSession === undefined) this.#pending.set(flight.session, [pending])
    else ofSession.push(pending)
    if (flight.use === 'none') this.#silent.push(pending)
    if (flight.isDecode) count(this.#decodeFrames, flight.frame, 1)
    else this.#countPrefill(flight.share, rows)
    count(this.#frames, flight.frame, 1)
  }

  /** Lands all rows of `session` below position `end`. */
  land(session: string, end: number): readonly Landing[] {
    const ofSession = this.#pending.get(session)
    if (ofSession === undefined) return []
    const landings: Landing[] = []
    for (;;) {
      const first = ofSession[0]
      if (first === undefined) break
      const rows = Math.min(first.rows, end - (first.flight.end - first.rows))
      if (rows <= 0) break
      landings.push({ flight: first.flight, rows })
      this.#take(first, rows)
    }
    return landings
  }

  /** Lands up to `rows` rows that nobody answers, oldest first. */
  landSilent(rows: number): readonly Landing[] {
    const landings: Landing[] = []
    for (let left = rows; left > 0;) {
      const first = this.#silent[0]
      if (first === undefined) break
      const taken = Math.min(first.rows, left)
      landings.push({ flight: first.flight, rows: taken })
      this.#take(first, taken)
      left -= taken
    }
    return landings
  }

  /** Whether an answer for `session` is on its way. */
  isAwaiting(session: string): boolean {
    return this.#pending.get(session)?.some((pending) => pending.flight.use !== 'none') ?? false
  }

  /** When the oldest rows of `session` that will be answered were sent; undefined if there are none. */
  awaitingSinceMs(session: string): Milliseconds | undefined {
    return this.#pending.get(session)?.find((pending) => pending.flight.use !== 'none')?.flight.sentAtMs
  }

  /** Forgets a session that ended; answers that still come for it land nothing. */
  forget(session: string): void {
    for (const pending of this.#pending.get(session)?.slice() ?? []) this.#take(pending, pending.rows)
    this.#pending.delete(session)
  }

  /**
   * Forgets a session whose rows may be lost; of those that are answered it returns what has no answer yet. A sampled row
   * counts alone: rows before it that are on their way for its sake land with it or not at all.
   */
  recall(session: string): readonly Landing[] {
    const recalled: Landing[] = []
    for (const { flight, rows } of this.#pending.get(session) ?? []) {
      if (flight.use !== 'none') recalled.push({ flight, rows: flight.use === 'sample' ? 1 : rows })
    }
    this.forget(session)
    return recalled
  }

  /** Whether anything is on its way. */
  get isEmpty(): boolean {
    return this.#frames.size === 0
  }

  #countPrefill(share: string, rows: number): void {
    this.#prefillRows += rows
    count(this.#prefillRowsOf, share, rows)
  }

  #take(pending: Pending, rows: number): void {
    const { flight } = pending
    pending.rows -= rows
    if (!flight.isDecode) this.#countPrefill(flight.share, -rows)
    if (pending.rows > 0) return
    remove(this.#pending.get(flight.session), pending)
    if (flight.use === 'none') remove(this.#silent, pending)
    if (flight.isDecode) count(this.#decodeFrames, flight.frame, -1)
    count(this.#frames, flight.frame, -1)
  }
}

function remove(list: Pending[] | undefined, entry: Pending): void {
  const index = list?.indexOf(entry) ?? -1
  if (index >= 0) list?.splice(index, 1)
}

/** Adds to a count; a count of zero is no entry. */
function count<K>(counts: Map<K, number>, key: K, delta: number): void {
  const sum = (counts.get(key) ?? 0) + delta
  if (sum === 0) counts.delete(key)
  else counts.set(key, sum)
}
