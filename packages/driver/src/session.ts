import type { ShardlineError } from '@shardline/core'
import type { SessionClosedMessage, SegmentUse } from '@shardline/wire'
import { commonPrefixLength } from './common-prefix.ts'
import type { SessionEvent, SessionState } from './session-state.ts'
import { canTransition, isOver, transition } from './session-state.ts'
import type { Turn } from './turn.ts'

/** Rows that a session gives to a frame. */
export interface TakenRows {
  /** Counts the rollbacks of the session. */
  readonly turn: number
  readonly position: number
  readonly ids: readonly number[]
  readonly use: SegmentUse
  readonly isDecode: boolean
}

/** One session as the driver knows it: its state, the tokens that the stages hold for it, and what is to be sent next. */
export class Session {
  readonly id: string
  /** Tokens that the stages make room for. */
  readonly capacity: number
  /** Whether the stages were told to make room; rides with the first rows. */
  isOpened = false
  /** Whether the validator was told of it. */
  isAnnounced = false
  /** Whether the stages keep hashes of its rows for receipts. */
  readonly isProven: boolean
  /** Whether the end is to be sent with the next frame. */
  isCloseDue = false
  /** Resolves when every stage has let the session go, with undefined if it failed or none had it. Never rejects. */
  readonly closed: Promise<SessionClosedMessage | undefined>
  #settleClosed: (message: SessionClosedMessage | undefined) => void = () => undefined
  #state: SessionState = 'resting'
  #turn: Turn | undefined
  #failure: ShardlineError | undefined
  /** Tokens whose rows were sent, by position: what the caches hold once the frames on their way are through. */
  readonly #held: number[] = []
  #queue: readonly number[] = []
  #queued = 0
  #rollbacks = 0

  constructor(id: string, capacity: number, isProven = false) {
    this.id = id
    this.capacity = capacity
    this.isProven = isProven
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
  }

  get state(): SessionState {
    return this.#state
  }

  /** What it works on; undefined between turns and after the end. */
  get turn(): Turn | undefined {
    return this.#turn
  }

  /** Why it was given up; undefined unless it failed. */
  get failure(): ShardlineError | undefined {
    return this.#failure
  }

  /** Whether nothing can happen any more. */
  get isOver(): boolean {
    return isOver(this.#state)
  }

  /** Rows of the context that are still to be sent; 0 outside of the prefill. */
  get prefillRows(): number {
    return this.#state === 'prefilling' ? this.#queue.length - this.#queued : 0
  }

  /** Whether a decode row can be sent now. */
  get hasDecodeRow(): boolean {
    return this.#state === 'decoding' && this.#queued < this.#queue.length && this.#turn?.isPaused === false
  }

  /**
   * Starts a turn: keeps what its context shares with the cache from the start, except the last token, whose row must run
   * for there to be logits. A token that was sampled last is not in the cache yet, so it is sent like any other.
   *
   * @returns tokens that are reused.
   */
  beginTurn(turn: Turn): number {
    this.#move('turn')
    this.isAnnounced = true
    const reused = Math.min(commonPrefixLength(this.#held, turn.context), turn.context.length - 1)
    if (reused < this.#held.length) this.#rollbacks += 1
    this.#held.length = reused
    this.#turn = turn
    this.#queue = turn.context
    this.#queued = reused
    return reused
  }

  /** The validator knows what to do with the turn's rows: they may be sent. */
  markOpened(): void {
    this.#move('opened')
  }

  /** Takes the next rows, at most `rowsMax`, and counts them as held. */
  take(rowsMax: number): TakenRows {
    const isDecode = this.#state === 'decoding'
    const ids = this.#queue.slice(this.#queued, this.#queued + rowsMax)
    const position = this.#held.length
    for (const id of ids) this.#held.push(id)
    this.#queued += ids.length
    const isLast = this.#queued === this.#queue.length
    if (isLast && !isDecode) this.#move('prompt-sent')
    const use = this.#turn?.use === 'score' ? 'score' : isLast ? 'sample' : 'none'
    return { turn: this.#rollbacks, position, ids, use, isDecode }
  }

  /** The turn goes on with token `id`. */
  proceed(id: number): void {
    this.#queue = [id]
    this.#queued = 0
  }

  /** Ends the turn and keeps the cache; nothing if there is none. */
  endTurn(): void {
    this.#turn = undefined
    this.#queue = []
    this.#queued = 0
    if (canTransition(this.#state, 'end')) this.#move('end')
  }

  /** Makes the end ride with the next frame; over at once if no stage knows of it, and nothing if it is over already. */
  requestClose(): void {
    if (!canTransition(this.#state, 'close')) return
    this.#turn = undefined
    this.#queue = []
    this.#queued = 0
    this.#move('close')
    this.isCloseDue = this.isAnnounced
    if (this.isAnnounced) return
    this.#move('closed')
    this.#settleClosed(undefined)
  }

  /** Every stage has let it go. */
  markClosed(message: SessionClosedMessage): void {
    if (canTransition(this.#state, 'closed')) this.#move('closed')
    this.#settleClosed(message)
  }

  /**
   * Gives it up; nothing if it is over.
   *
   * @returns the turn that was running, for its owner to be told.
   */
  fail(error: ShardlineError): Turn | undefined {
    if (this.isOver) return undefined
    this.#failure = error
    const turn = this.#turn
    this.#turn = undefined
    this.#queue = []
    this.#queued = 0
    this.#move('fail')
    this.#settleClosed(undefined)
    return turn
  }

  #move(event: SessionEvent): void {
    this.#state = transition(this.#state, event)
  }
}
