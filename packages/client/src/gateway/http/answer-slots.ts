import { GatewayBusyError } from '../gateway-errors.ts'
import type { GatewaySettings } from '../gateway-settings.ts'

type SlotSettings = Pick<
  GatewaySettings,
  'requestsMax' | 'clientRequestsMax' | 'bodiesBytesMax' | 'retryAfterMs'
>

/** Counts the requests that run, in all and for each address, and the bytes of their bodies, and refuses those beyond the limits. */
export class AnswerSlots {
  readonly #settings: SlotSettings
  readonly #clients = new Map<string, number>()
  #taken = 0
  #bodyBytes = 0

  constructor(settings: SlotSettings) {
    this.#settings = settings
  }

  /** Requests that run. */
  get taken(): number {
    return this.#taken
  }

  /**
   * Takes a place for a request of `client`, and gives what gives it back; a second call of that does nothing.
   *
   * @throws GatewayBusyError if no place is left.
   */
  take(client: string, bodyBytes: number): () => void {
    const { requestsMax, clientRequestsMax, bodiesBytesMax, retryAfterMs } = this.#settings
    const own = this.#clients.get(client) ?? 0
    if (own >= clientRequestsMax) {
      throw new GatewayBusyError(`This address has ${own} requests running`, clientRequestsMax, retryAfterMs)
    }
    if (this.#taken >= requestsMax) {
      throw new GatewayBusyError(`The gateway has ${this.#taken} requests running`, requestsMax, retryAfterMs)
    }
    if (this.#taken > 0 && this.#bodyBytes + bodyBytes > bodiesBytesMax) {
      throw new GatewayBusyError(
        `The running requests hold ${this.#bodyBytes} bytes`,
        bodiesBytesMax,
        retryAfterMs,
      )
    }
    this.#taken++
    this.#bodyBytes += bodyBytes
    this.#clients.set(client, own + 1)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      this.#bodyBytes -= bodyBytes
      this.#release(client)
    }
  }

  #release(client: string): void {
    this.#taken--
    const left = (this.#clients.get(client) ?? 1) - 1
    if (left === 0) this.#clients.delete(client)
    else this.#clients.set(client, left)
  }
}
