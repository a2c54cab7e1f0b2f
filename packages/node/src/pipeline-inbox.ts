import type { Milliseconds } from '@shardline/core'
import type { HiddenMessage, TraceEntry } from '@shardline/wire'
import type { LoopPipeline } from './loop-pipeline.ts'

/** A frame whose parts wait in the lanes of their sessions. */
export interface InboxFrame {
  readonly arrivedMs: Milliseconds
  readonly bytes: number
  /** Parts that were not taken yet. */
  partsLeft: number
  /** Goes on with the first frame that leaves; empty afterwards. */
  trace: readonly TraceEntry[]
}

/** How much of one pipeline may wait in a stage. */
export interface PipelineInboxInit {
  readonly framesMax: number
  readonly bytesMax: number
}

/** Counts what waits in this stage for one pipeline, and tells when to stop reading more. */
export class PipelineInbox {
  readonly pipeline: LoopPipeline
  readonly #init: PipelineInboxInit
  #frames = 0
  #bytes = 0
  #waiters: (() => void)[] = []
  #isDropped = false

  constructor(pipeline: LoopPipeline, init: PipelineInboxInit) {
    this.pipeline = pipeline
    this.#init = init
  }

  /** Whether the pipeline has left the loop: nothing of it runs or is sent any more. */
  get isDropped(): boolean {
    return this.#isDropped
  }

  /** Counts a frame in. */
  add(message: HiddenMessage, arrivedMs: Milliseconds): InboxFrame {
    const bytes = message.payload.byteLength
    this.#frames += 1
    this.#bytes += bytes
    const partsLeft = message.open.length + message.segments.length + message.close.length
    return { arrivedMs, bytes, partsLeft, trace: message.trace }
  }

  /** Resolves when more may be read; undefined when that is now. */
  room(): Promise<void> | undefined {
    if (!this.#isFull) return undefined
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
    })
  }

  /** Takes one part of a frame; the last one makes room. */
  take(frame: InboxFrame): void {
    frame.partsLeft -= 1
    if (frame.partsLeft === 0) this.remove(frame)
  }

  /** Counts a frame out, whatever is left of it. */
  remove(frame: InboxFrame): void {
    this.#frames -= 1
    this.#bytes -= frame.bytes
    if (!this.#isFull) this.#wakeAll()
  }

  /** Lets every waiting reader go: nothing of this pipeline will be taken any more. */
  drop(): void {
    this.#isDropped = true
    this.#wakeAll()
  }

  get #isFull(): boolean {
    if (this.#isDropped) return false
    return this.#frames >= this.#init.framesMax || this.#bytes >= this.#init.bytesMax
  }

  #wakeAll(): void {
    const waiters = this.#waiters
    if (waiters.length === 0) return
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
