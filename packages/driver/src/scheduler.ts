import type { Milliseconds } from '@shardline/core'
import { RowShares } from './row-shares.ts'
import type { RowSharesInit } from './row-shares.ts'
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
  /** Rows of prompts of one share. */
  prefillRowsOf(share: string): number
}

/** Bounds of a {@link Scheduler}. */
export interface SchedulerInit extends RowSharesInit {
  /** Rows of one chunk of a prompt, and prefill rows of one round. */
  readonly prefillChunkRows: number
  /** Frames with decode rows on their way at the most; the rows of the next one gather meanwhile. */
  readonly decodeFramesInFlightMax: number
  /** Prefill rows on their way at the most; a single chunk may always go when there are none. */
  readonly prefillRowsInFlightMax: number
  /** Frames of less busy shares from one in which a busy share's rows ride to the next such one. */
  readonly shareRideFramesMin: number
  /** Rows of one frame. */
  readonly frameRowsMax: number
  /** Sessions of one frame. */
  readonly frameSessionsMax: number
}

/** A round that is being composed. */
interface Draft {
  readonly segments: RoundSegment[]
  rows: number
  /** Those of prompts, by share. */
  readonly promptRowsOf: Map<string, number>
}

/**
 * Composes rounds: the next token of every session that has one, then prompt chunks, then ends.
 *
 * Decode rows come first and are never held back by prompts. Only as many frames with decode rows are on their way as there
 * are stages that can work on them at the same time: more would cut the sessions into smaller batches for nothing. Prompts
 * share what is left: each round has at most one chunk's worth of prefill rows, and the session that waited longest is
 * served first. So a long prompt delays the others by one chunk at a time, and short prompts travel together. What goes again
 * after a repair comes before new rows, a chunk a round, however much is on its way.
 *
 * Where sessions of several shares are at work, {@link RowShares} bounds the rows of each, and says whose ride in the frames
 * of others; within its bound a share's sessions take turns, and shares take turns with their prompts.
 */
export class Scheduler {
  readonly #init: SchedulerInit
  readonly #shares: RowShares
  /** When a session's last rows were taken, as a count of all takes. */
  readonly #servedAt = new WeakMap<Session, number>()
  /** The same of the prompts of a share. */
  readonly #promptAt = new Map<string, number>()
  #takes = 0
  /** Frames since the last one in which rows rode. */
  #framesWithoutRiders = 0

  constructor(init: SchedulerInit) {
    this.#init = init
    this.#shares = new RowShares(init)
  }

  /**
   * Takes the rows of the next round out of their sessions; undefined if there is nothing to send now.
   */
  compose(sessions: readonly Session[], inFlight: InFlight, nowMs: Milliseconds): Round | undefined {
    const { frameSessionsMax } = this.#init
    this.#shares.look(sessions, nowMs)
    const close: Session[] = []
    const prefilling: Session[] = []
    const decoding: Session[] = []
    for (const session of sessions) {
      if (session.canClose && close.length < frameSessionsMax) close.push(session)
      else if (session.prefillRows > 0) prefilling.push(session)
      else if (session.hasDecodeRow) decoding.push(session)
    }
    const draft: Draft = { segments: [], rows: 0, promptRowsOf: new Map() }
    this.#fill(draft, { decoding, prefilling }, inFlight)
    for (const session of close) session.isCloseDue = false
    if (draft.segments.length === 0 && close.length === 0) return undefined
    const open: Session[] = []
    for (const { session } of draft.segments) {
      if (session.isOpened) continue
      session.isOpened = true
      open.push(session)
    }
    return { open, segments: draft.segments, close, rows: draft.rows }
  }

  #fill(
    draft: Draft,
    {
      decoding,
      prefilling,
    }: { readonly decoding: readonly Session[]; readonly prefilling: readonly Session[] },
    inFlight: InFlight,
  ): void {
    const riding = decoding.filter(({ share }) => this.#shares.of(share).isRiding)
    const mayDecode = inFlight.decodeFrames < this.#init.decodeFramesInFlightMax
    if (mayDecode) {
      this.#addDecode(
        draft,
        riding.length === 0 ? decoding : decoding.filter((session) => !riding.includes(session)),
      )
    }
    this.#addPrefill(draft, prefilling, inFlight)
    if (riding.length === 0 || !mayDecode) return
    if (draft.rows > 0) this.#framesWithoutRiders += 1
    const isIdle = draft.rows === 0 && inFlight.decodeFrames === 0 && inFlight.prefillRows === 0
    if (!isIdle && (draft.rows === 0 || this.#framesWithoutRiders < this.#init.shareRideFramesMin)) return
    this.#framesWithoutRiders = 0
    this.#addDecode(draft, riding)
  }

  /** Adds a row of each session, as many as the frame and its share may have. */
  #addDecode(draft: Draft, decoding: readonly Session[]): void {
    const { frameRowsMax, frameSessionsMax } = this.#init
    const rowsMax = Math.min(frameRowsMax, frameSessionsMax)
    const rowsOf = new Map<string, number>()
    for (const session of this.#longestWaitingFirst(decoding)) {
      if (draft.rows >= rowsMax) break
      const rows = rowsOf.get(session.share) ?? 0
      if (rows >= this.#shares.of(session.share).decodeRowsMax) continue
      rowsOf.set(session.share, rows + 1)
      this.#take(draft, session, 1)
    }
  }

  #longestWaitingFirst(sessions: readonly Session[]): readonly Session[] {
    const servedAt = (session: Session): number => this.#servedAt.get(session) ?? 0
    return sessions.toSorted((a, b) => servedAt(a) - servedAt(b))
  }

  /** Adds prompt chunks in turn. A chunk is never cut to fit a budget: it waits. */
  #addPrefill(draft: Draft, prefilling: readonly Session[], inFlight: InFlight): void {
    const { prefillChunkRows, prefillRowsInFlightMax, frameRowsMax, frameSessionsMax } = this.#init
    let added = 0
    for (const session of this.#inTurn(prefilling)) {
      const { share } = session
      const { promptRowsMax } = this.#shares.of(share)
      const chunk = Math.min(prefillChunkRows, session.prefillRows, frameRowsMax, promptRowsMax)
      const isFirst = added === 0
      if (!isFirst && added + chunk > prefillChunkRows) break
      if (draft.rows + chunk > frameRowsMax || draft.segments.length >= frameSessionsMax) break
      // Rows that go again count as on their way already: they must not wait for themselves.
      if (session.rowsAgain === 0) {
        const isAlone = isFirst && inFlight.prefillRows === 0
        if (!isAlone && inFlight.prefillRows + added + chunk > prefillRowsInFlightMax) break
        const ofShare = inFlight.prefillRowsOf(share) + (draft.promptRowsOf.get(share) ?? 0)
        if (ofShare > 0 && ofShare + chunk > promptRowsMax) continue
      }
      const rows = this.#take(draft, session, chunk)
      draft.promptRowsOf.set(share, (draft.promptRowsOf.get(share) ?? 0) + rows)
      this.#promptAt.set(share, this.#takes)
      added += rows
    }
  }

  /** Rows that go again first; then the share whose prompts waited longest, and within it the session that did. */
  #inTurn(prefilling: readonly Session[]): readonly Session[] {
    const shares = new Set(prefilling.map(({ share }) => share))
    for (const share of this.#promptAt.keys()) if (!shares.has(share)) this.#promptAt.delete(share)
    const servedAt = ({ share }: Session): number => this.#promptAt.get(share) ?? 0
    const isNew = ({ rowsAgain }: Session): number => (rowsAgain > 0 ? 0 : 1)
    return this.#longestWaitingFirst(prefilling).toSorted(
      (a, b) => isNew(a) - isNew(b) || servedAt(a) - servedAt(b),
    )
  }

  /** Takes rows out of a session; returns how many. */
  #take(draft: Draft, session: Session, rowsMax: number): number {
    const taken = session.take(rowsMax)
    draft.segments.push({ session, ...taken })
    draft.rows += taken.ids.length
    this.#takes += 1
    this.#servedAt.set(session, this.#takes)
    return taken.ids.length
  }
}
