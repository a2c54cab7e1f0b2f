import type { ShardlineError } from '@shardline/core'
import { assert } from '@shardline/core'
import type { Message } from './message.ts'

/** Options of an {@link Inbox}. */
export interface InboxInit {
  /** Messages, and bytes of their frames, above which the inbox counts as full. */
  readonly entriesMax: number
  readonly bytesMax: number
  /** Called when a full inbox is half empty again. */
  readonly onRoom: () => void
}

interface Entry {
  readonly message: Message
  readonly bytes: number
}

interface Waiter {
  readonly resolve: (result: IteratorResult<Message>) => void
  readonly reject: (failure: ShardlineError) => void
}

/**
 * Received messages on their way to one consumer. A message goes straight to a consumer that waits; otherwise it is
 * kept, and {@link put} says when the link should stop reading. What was kept before the end is still delivered.
 */
export class Inbox implements AsyncIterator<Message> {
  readonly #init: InboxInit
  #entries: (Entry | undefined)[] = []
  /** Index of the oldest entry: taking it moves this on, and the list is cut now and then. */
  #head = 0
  #bytes = 0
  #isFull = false
  #isEnded = false
  #failure: ShardlineError | undefined
  #waiter: Waiter | undefined

  constructor(init: InboxInit) {
    this.#init = init
  }

  /** Adds a message that came in a frame of `bytes`. Returns whether the inbox is full. Ignored after the end. */
  put(message: Message, bytes: number): boolean {
    if (this.#isEnded) return false
    const waiter = this.#waiter
    if (waiter !== undefined) {
      this.#waiter = undefined
      waiter.resolve({ value: message, done: false })
      return false
    }
    this.#entries.push({ message, bytes })
    this.#bytes += bytes
    const isFull = this.#size >= this.#init.entriesMax || this.#bytes >= this.#init.bytesMax
    if (isFull) this.#isFull = true
    return isFull
  }

  /** Nothing more will come. The consumer ends after what is kept, with `failure` if there is one. */
  end(failure?: ShardlineError): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#failure = failure
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter !== undefined) this.#settleEnd(waiter)
  }

  /** Throws away what is kept. */
  clear(): void {
    this.#entries = []
    this.#head = 0
    this.#bytes = 0
  }

  /** The next message, when there is one. @throws the failure that ended the inbox, once. */
  next(): Promise<IteratorResult<Message>> {
    const entry = this.#take()
    if (entry !== undefined) return Promise.resolve({ value: entry.message, done: false })
    return new Promise((resolve, reject) => {
      assert(this.#waiter === undefined, 'a link has one consumer, which awaits each message')
      if (this.#isEnded) this.#settleEnd({ resolve, reject })
      else this.#waiter = { resolve, reject }
    })
  }

  get #size(): number {
    return this.#entries.length - this.#head
  }

  #take(): Entry | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    this.#entries[this.#head] = undefined
    this.#head += 1
    this.#bytes -= entry.bytes
    if (this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    this.#tellRoom()
    return entry
  }

  #tellRoom(): void {
    if (!this.#isFull) return
    const { entriesMax, bytesMax, onRoom } = this.#init
    if (this.#size > entriesMax / 2 || this.#bytes > bytesMax / 2) return
    this.#isFull = false
    onRoom()
  }

  #settleEnd(waiter: Waiter): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure === undefined) waiter.resolve({ value: undefined, done: true })
    else waiter.reject(failure)
  }
}
