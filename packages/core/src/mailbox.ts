import { QueueFullError } from './errors.ts'

/** Options of a {@link Mailbox}. */
export interface MailboxInit {
  /** Entries that may wait; one more is refused. */
  readonly entriesMax: number
}

/**
 * A bounded first-in-first-out box between an event handler, which only puts, and one loop, which only takes.
 * Closing wakes the loop; what was put before is still delivered.
 */
export class Mailbox<T> {
  readonly #entriesMax: number
  #entries: T[] = []
  #wake: (() => void) | undefined
  #isClosed = false

  constructor(init: MailboxInit) {
    this.#entriesMax = init.entriesMax
  }

  /** Entries that wait. */
  get size(): number {
    return this.#entries.length
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Adds an entry; ignored after {@link close}.
   *
   * @throws QueueFullError when `entriesMax` entries wait.
   */
  put(entry: T): void {
    if (this.#isClosed) return
    if (this.#entries.length >= this.#entriesMax) throw new QueueFullError(this.#entriesMax)
    this.#entries.push(entry)
    this.#wake?.()
  }

  /** Waits until something is there, then takes all of it, in order. An empty list means: closed and drained. */
  async takeAll(): Promise<readonly T[]> {
    while (this.#entries.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    const taken = this.#entries
    this.#entries = []
    return taken
  }

  /** Takes what is there now, without waiting. */
  takeReady(): readonly T[] {
    const taken = this.#entries
    this.#entries = []
    return taken
  }

  /** Refuses further entries and lets a waiting loop go. */
  close(): void {
    this.#isClosed = true
    this.#wake?.()
  }
}
