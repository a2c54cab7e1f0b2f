import PQueue from 'p-queue'
import { QueueFullError } from './errors.ts'

/** Options of a {@link BoundedQueue}. */
export interface BoundedQueueInit {
  /** Tasks that wait or run at the most; one more is refused. */
  readonly entriesMax: number
  /** Tasks that run at the same time. @default 1 */
  readonly concurrency?: number
}

/** A task queue that refuses instead of growing without end. */
export class BoundedQueue {
  readonly #queue: PQueue
  readonly #entriesMax: number

  constructor(init: BoundedQueueInit) {
    this.#entriesMax = init.entriesMax
    this.#queue = new PQueue({ concurrency: init.concurrency ?? 1 })
  }

  /** Tasks that wait or run now. */
  get size(): number {
    return this.#queue.size + this.#queue.pending
  }

  /**
   * Runs `task` when its turn comes and resolves with its result.
   *
   * @throws QueueFullError at once when the queue is full; errors of the task are passed on.
   */
  async add<T>(task: () => Promise<T>): Promise<T> {
    if (this.size >= this.#entriesMax) throw new QueueFullError(this.#entriesMax)
    return this.#queue.add(task)
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    return this.#queue.onIdle()
  }
}
