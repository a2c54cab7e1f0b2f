import type { PipelineId, SessionId, ShardlineError } from '@shardline/core'
import type { SegmentUse, SessionOpening } from '@shardline/wire'
import type { InboxFrame, PipelineInbox } from './pipeline-inbox.ts'
import type { WorkSession } from './stage-work.ts'

/** Rows that wait in a lane; taking some of them moves `position` and `hidden` on. */
export interface LaneRows {
  readonly kind: 'rows'
  readonly frame: InboxFrame
  readonly use: SegmentUse
  readonly turn: number
  position: number
  rows: number
  /** f32 `[rows, hiddenSize]`. */
  hidden: Float32Array
}

/** One thing that waits for its turn in a session; `fail` stands for rows that were refused on arrival. */
export type LaneItem =
  | { readonly kind: 'open'; readonly frame: InboxFrame; readonly opening: SessionOpening }
  | LaneRows
  | { readonly kind: 'fail'; readonly frame: InboxFrame; readonly error: ShardlineError }
  | { readonly kind: 'close'; readonly frame: InboxFrame }

/**
 * - `new`: named by a frame, not opened. `open` leads to `open`, rows to `failed`.
 * - `resumed`: the driver said how far the session came elsewhere. `open` leads to `open` at that place, rows to `failed`.
 * - `open`: holds a place in the stage. An error leads to `failed`, `close` ends the lane.
 * - `failed`: its driver was told; rows are dropped without a word until `close` ends the lane or `open` begins anew.
 */
export type LaneState = 'new' | 'resumed' | 'open' | 'failed'

/** One session in a stage: where it stands, and what waits for it in order of arrival. */
export class SessionLane implements WorkSession {
  readonly key: SessionId
  readonly id: string
  readonly inbox: PipelineInbox
  state: LaneState = 'new'
  /** Tokens that went through the stage. */
  length = 0
  /** Turn of the last of them. */
  turn = 0
  capacity = 0
  /** Whether the sender was told of it for a new formation: an `open` that comes now repeats the one that was. */
  isRetold = false
  readonly #items: LaneItem[] = []

  constructor(key: SessionId, id: string, inbox: PipelineInbox) {
    this.key = key
    this.id = id
    this.inbox = inbox
  }

  get pipeline(): PipelineId {
    return this.inbox.pipeline.id
  }

  /** What is next, or undefined if nothing waits. */
  get head(): LaneItem | undefined {
    return this.#items[0]
  }

  put(item: LaneItem): void {
    this.#items.push(item)
  }

  /** Takes what is next. */
  shift(): void {
    const item = this.#items.shift()
    if (item !== undefined) this.inbox.take(item.frame)
  }

  /** Forgets what waits. */
  forget(): void {
    while (this.head !== undefined) this.shift()
  }

  /** Forgets that the session was here, but not what waits after its `close`. */
  reset(): void {
    this.state = 'new'
    this.length = 0
    this.turn = 0
    this.capacity = 0
    this.isRetold = false
  }
}
