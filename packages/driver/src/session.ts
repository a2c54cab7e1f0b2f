import type { ShardlineError } from '@shardline/core'
import type { SessionClosedMessage, SegmentUse, SessionOpenMessage } from '@shardline/wire'
import { commonPrefixLength } from './common-prefix.ts'
import type { Standing } from './sent-rows.ts'
import { SentRows } from './sent-rows.ts'
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
  /** Whether they were given out before, to stages that were lost. */
  readonly isAgain: boolean
}

/** What a session may be told beside its capacity. */
export interface SessionOptions {
  /** @default false */
  readonly isProven?: boolean | undefined
  /** Whom its computing counts for, as opposed to other sessions. @default the share of all that name none */
  readonly share?: string | undefined
}

/** What the validator is told at the start of a turn. */
export type TurnOpening = Omit<SessionOpenMessage, 'kind' | 'request' | 'pipeline' | 'session'>

/** One session as the driver knows it: its state, the tokens that the stages hold for it, and what is to be sent next. */
export class Session {
  /** Tokens that the stages make room for. */
  readonly capacity: number
  /** Whether the stages were told to make room; rides with the first rows. */
  isOpened = false
  /** Whether the validator was told of it. */
  isAnnounced = false
  /** Whether the stages keep hashes of its rows for receipts. */
  readonly isProven: boolean
  /** Whom its computing counts for. */
  readonly share: string
  /** Whether the end is to be sent with the next frame. */
  isCloseDue = false
  /** Whether the validator has to be told of it first: nothing of it is sent meanwhile. */
  isHeld = false
  /** What the validator was told last; undefined before the first turn. */
  opening: TurnOpening | undefined
  /** Resolves when every stage has let the session go, with undefined if it failed or none had it. Never rejects. */
  readonly closed: Promise<SessionClosedMessage | undefined>
  #settleClosed: (message: SessionClosedMessage | undefined) => void = () => undefined
  #state: SessionState = 'resting'
  #turn: Turn | undefined
  #latestTurn: Turn | undefined
  #turns = 0
  #failure: ShardlineError | undefined
  readonly #sent = new SentRows()
  /** Rows from this position on are to be sent again. */
  #again = Infinity
  #queue: readonly number[] = []
  #queued = 0
  #rollbacks = 0
  #id: string

  constructor(id: string, capacity: number, options: SessionOptions = {}) {
    this.#id = id
    this.capacity = capacity
    this.isProven = options.isProven ?? false
    this.share = options.share ?? ''
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
  }

  /** Its name on the wire; a restart changes it. */
  get id(): string {
    return this.#id
  }

  get state(): SessionState {
    return this.#state
  }

  /** What it works on; undefined between turns and after the end. */
  get turn(): Turn | undefined {
    return this.#turn
  }

  /** What it works on or worked on last. */
  get latestTurn(): Turn | undefined {
    return this.#latestTurn
  }

  /** Turns that it began. */
  get turns(): number {
    return this.#turns
  }

  /** Counts the times that it was rolled back under its present name. */
  get rollbacks(): number {
    return this.#rollbacks
  }

  /** Why it was given up; undefined unless it failed. */
  get failure(): ShardlineError | undefined {
    return this.#failure
  }

  /** Whether nothing can happen any more. */
  get isOver(): boolean {
    return isOver(this.#state)
  }

  /** Rows that are still to be sent of the context, or again. */
  get prefillRows(): number {
    if (this.isHeld || this.isOver) return 0
    return this.rowsAgain + (this.#state === 'prefilling' ? this.#queue.length - this.#queued : 0)
  }

  /** Whether a decode row can be sent now. */
  get hasDecodeRow(): boolean {
    if (this.isHeld || this.rowsAgain > 0) return false
    return this.#state === 'decoding' && this.#queued < this.#queue.length && this.#turn?.isPaused === false
  }

  /** Whether its end can be sent now. */
  get canClose(): boolean {
    return this.isCloseDue && (this.isOver || (!this.isHeld && this.rowsAgain === 0))
  }

  /** Rows that are to be sent again. */
  get rowsAgain(): number {
    return Math.max(0, this.#sent.length - this.#again)
  }

  /**
   * Starts a turn: keeps what its context shares with the cache from the start, except the last token, whose row must run
   * for there to be logits. A token that was sampled last is not in the cache yet, so it is sent like any other.
   *
   * Until it is opened, {@link reset} may still change what is reused.
   */
  beginTurn(turn: Turn): void {
    this.#move('turn')
    this.isAnnounced = true
    const reused = Math.min(commonPrefixLength(this.#sent.ids, turn.context), turn.context.length - 1)
    if (reused < this.#sent.length) this.#rollbacks += 1
    this.#sent.cut(reused)
    this.#turn = turn
    this.#latestTurn = turn
    this.#turns += 1
    this.#queue = turn.context
    this.#queued = reused
  }

  /**
   * The validator knows what to do with the turn's rows: they may be sent.
   *
   * @returns tokens of the context that need not be.
   */
  markOpened(): number {
    this.#move('opened')
    return this.#queued
  }

  /** Gives out again what worker 1 lacks, which stands like this; undefined if it doesn't know the session. */
  replay(standing: Standing | undefined): void {
    this.#again = standing === undefined ? 0 : this.#sent.firstMissing(standing)
    if (standing === undefined) this.isOpened = false
  }

  /**
   * Begins under another name in all stages, with the same rows; those before `from` are not sampled again.
   * Held until the validator knows of it.
   */
  restart(id: string, from: number): void {
    this.#id = id
    this.#sent.renew(from)
    this.#rollbacks = 0
    this.#again = 0
    this.isOpened = false
    this.isHeld = true
  }

  /** Begins under another name with an empty cache, between two turns or before a turn is opened. */
  reset(id: string): void {
    this.#id = id
    this.#sent.cut(0)
    this.#rollbacks = 0
    this.#queued = 0
    this.isOpened = false
    this.isHeld = false
    this.isAnnounced = this.#state === 'planned'
  }

  /** Takes the next rows, at most `rowsMax`: those that are to be sent again, else new ones, which count as held. */
  take(rowsMax: number): TakenRows {
    if (this.rowsAgain > 0) {
      const run = this.#sent.run(this.#again, rowsMax)
      this.#again += run.ids.length
      return { ...run, isDecode: false, isAgain: true }
    }
    const isDecode = this.#state === 'decoding'
    const ids = this.#queue.slice(this.#queued, this.#queued + rowsMax)
    const position = this.#sent.length
    this.#queued += ids.length
    const isLast = this.#queued === this.#queue.length
    if (isLast && !isDecode) this.#move('prompt-sent')
    const use = this.#turn?.use === 'score' ? 'score' : isLast ? 'sample' : 'none'
    this.#sent.add(ids, { turn: this.#rollbacks, use })
    this.#again = this.#sent.length
    return { turn: this.#rollbacks, position, ids, use, isDecode, isAgain: false }
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

  /** Every stage has let it go, or nobody waits for that any more. */
  markClosed(message: SessionClosedMessage | undefined): void {
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
