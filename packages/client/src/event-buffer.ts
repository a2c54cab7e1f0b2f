import type { ShardlineError } from '@shardline/core'
import type { AnswerEvent } from '@shardline/wire'
import { ReaderSlowError, StreamTakenError } from './errors.ts'

/** Options of an {@link EventBuffer}. */
export interface EventBufferInit {
  /** Bytes that may wait for the reader. */
  readonly bytesMax: number
  /** Called when the reader leaves before the end. */
  readonly onLeave: () => void
}

type End = { readonly error: ShardlineError | undefined }

/** Events of an answer between the link, which puts, and the one reader, who takes. */
export class EventBuffer implements AsyncIterable<AnswerEvent> {
  readonly #init: EventBufferInit
  readonly #waiting: { readonly event: AnswerEvent; readonly bytes: number }[] = []
  #bytes = 0
  #end: End | undefined
  #isTaken = false
  #wake: () => void = () => undefined

  constructor(init: EventBufferInit) {
    this.#init = init
  }

  /** Adds an event that takes so many bytes. @throws ReaderSlowError if too much waits. */
  put(event: AnswerEvent, bytes: number): void {
    if (this.#end !== undefined) return
    this.#bytes += bytes
    if (this.#bytes > this.#init.bytesMax) throw new ReaderSlowError(this.#init.bytesMax)
    this.#waiting.push({ event, bytes })
    this.#wake()
  }

  /** The reader gets what waits, then the end, or the failure. Only the first call counts. */
  end(error?: ShardlineError): void {
    this.#end ??= { error }
    this.#wake()
  }

  /** Drops what waits. */
  clear(): void {
    this.#waiting.length = 0
    this.#bytes = 0
  }

  /** @throws StreamTakenError the second time. */
  [Symbol.asyncIterator](): AsyncIterator<AnswerEvent, undefined> {
    if (this.#isTaken) throw new StreamTakenError()
    this.#isTaken = true
    return this.#read()
  }

  async *#read(): AsyncGenerator<AnswerEvent, undefined, undefined> {
    try {
      for (;;) {
        const next = this.#waiting.shift()
        if (next !== undefined) {
          this.#bytes -= next.bytes
          yield next.event
        } else if (this.#end !== undefined) {
          if (this.#end.error !== undefined) throw this.#end.error
          return undefined
        } else await this.#more()
      }
    } finally {
      this.clear()
      if (this.#end === undefined) this.#init.onLeave()
    }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
