import type { Clock, Milliseconds } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import type { MarketEvent } from './market-event.ts'
import type { EventWebSocket } from './web-socket.ts'

/** What an {@link EventFeed} works with. */
export interface EventFeedInit {
  readonly socket: EventWebSocket
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
  readonly waitingMax: number
  readonly silenceMsMax: Milliseconds
  /** @throws MarketAnswerError */
  readonly read: (text: string) => MarketEvent
}

/**
 * Events of one connection, for one loop. Ends when the connection does, for whatever reason: it broke, nothing came for
 * too long, too much waits for the reader, or the signal aborted. Throws only what reading an event throws.
 */
export class EventFeed implements AsyncIterable<MarketEvent> {
  readonly #init: EventFeedInit
  readonly #over = new AbortController()
  #waiting: MarketEvent[] = []
  #error: ShardlineError | undefined
  #wake: () => void = () => undefined
  #lastMs: Milliseconds

  constructor(init: EventFeedInit) {
    this.#init = init
    this.#lastMs = init.clock.monotonic()
    const { socket, signal } = init
    socket.onmessage = ({ data }) => this.#take(data)
    socket.onclose = () => this.#end()
    socket.onerror = () => this.#end()
    signal?.addEventListener('abort', () => this.#end(), { once: true, signal: this.#over.signal })
    if (signal?.aborted === true) this.#end()
    this.#watch().catch(() => undefined) // Ends when the connection does.
  }

  close(): void {
    this.#end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MarketEvent, undefined> {
    for (;;) {
      const events = this.#waiting
      this.#waiting = []
      for (const event of events) yield event
      if (this.#waiting.length > 0) continue
      if (this.#error !== undefined) throw this.#error
      if (this.#over.signal.aborted) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #take(data: unknown): void {
    if (this.#over.signal.aborted) return
    this.#lastMs = this.#init.clock.monotonic()
    try {
      this.#waiting.push(this.#init.read(String(data)))
    } catch (cause) {
      this.#error = fromUnknown(cause)
      this.#end()
    }
    if (this.#waiting.length > this.#init.waitingMax) {
      // The reader is too slow for all of them: the state of the next connection is shorter.
      this.#waiting = []
      this.#end()
    }
    this.#wake()
  }

  #end(): void {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    this.#init.socket.close()
    this.#wake()
  }

  async #watch(): Promise<void> {
    const { clock, silenceMsMax } = this.#init
    for (;;) {
      const silentMs = clock.monotonic() - this.#lastMs
      if (silentMs >= silenceMsMax) {
        this.#end()
        return
      }
      await clock.sleep(silenceMsMax - silentMs, { signal: this.#over.signal })
    }
  }
}
