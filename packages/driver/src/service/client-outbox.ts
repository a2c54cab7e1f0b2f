import type { Clock, Milliseconds } from '@shardline/core'
import type { Link, Message } from '@shardline/wire'
import { ClientSlowError } from './service-errors.ts'

/** What a {@link ClientOutbox} sends on. */
export interface ClientOutboxComponents {
  readonly link: Pick<Link, 'send' | 'closed'>
  readonly clock: Clock
}

interface Waiting {
  readonly sinceMs: Milliseconds
  readonly reject: (cause: unknown) => void
}

/**
 * Sends to one client, and notices when it takes nothing. One timer looks after everything that waits: answers are sent in
 * thousands of messages a second, and a timer with a way to stop it for each costs more than sealing the message.
 */
export class ClientOutbox {
  readonly #components: ClientOutboxComponents
  readonly #msMax: Milliseconds
  readonly #over = new AbortController()
  /** In the order in which they were sent. */
  readonly #waiting = new Set<Waiting>()
  #isWatching = false

  /** What a client doesn't take in `msMax` fails. */
  constructor(components: ClientOutboxComponents, msMax: Milliseconds) {
    this.#components = components
    this.#msMax = msMax
    void components.link.closed.then(() => this.#over.abort())
  }

  /** Resolves when there is room for more. @throws ClientSlowError if that takes too long; what {@link Link.send} throws. */
  send(message: Message): Promise<void> {
    const { link, clock } = this.#components
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { sinceMs: clock.monotonic(), reject }
      this.#waiting.add(waiting)
      link
        .send(message)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(waiting))
      if (!this.#isWatching) void this.#watch()
    })
  }

  /** Goes on for as long as something waits, and ends with the link. */
  async #watch(): Promise<void> {
    this.#isWatching = true
    const { clock } = this.#components
    const { signal } = this.#over
    for (let [oldest] = this.#waiting; oldest !== undefined && !signal.aborted; [oldest] = this.#waiting) {
      const leftMs = oldest.sinceMs + this.#msMax - clock.monotonic()
      if (leftMs > 0) await clock.sleep(leftMs, { signal }).catch(() => undefined)
      else this.#fail(oldest)
    }
    this.#isWatching = false
  }

  #fail(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    waiting.reject(new ClientSlowError(this.#msMax))
  }
}
