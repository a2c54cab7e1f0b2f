import { GatewayBusyError } from '../gateway-errors.ts'
import type { GatewaySettings } from '../gateway-settings.ts'

type SlotSettings = Pick<
  GatewaySettings,
  'requestsMax' | 'clientRequestsMax' | 'bodiesBytesMax' | 'retryAfterMs'
>

interface Stalled {
  readonly client: string
  readonly cut: () => void
}

/** Counts the requests that run, in all and for each address, and the bytes of their bodies, and refuses those beyond the limits. */
export class AnswerSlots {
  readonly #settings: SlotSettings
  readonly #clients = new Map<string, number>()
  /** In the order in which they stopped to read. */
  readonly #stalled = new Set<Stalled>()
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
    if (own >= clientRequestsMax && !this.#cutStalled(client)) {
      throw new GatewayBusyError(`This address has ${own} requests running`, clientRequestsMax, retryAfterMs)
    }
    if (this.#taken >= requestsMax && !this.#cutStalled()) {
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

  /**
   * Tells that a client doesn't read its answer at the moment. While all places are taken, the one of whom this is true for
   * the longest makes room for another: `cut` ends its connection. Gives what takes this back.
   */
  stall(client: string, cut: () => void): () => void {
    const stalled = { client, cut }
    this.#stalled.add(stalled)
    return () => this.#stalled.delete(stalled)
  }

  /** Cuts whoever hasn't read for the longest, of one client or of all; says whether there was one. */
  #cutStalled(client?: string): boolean {
    for (const stalled of this.#stalled) {
      if (client !== undefined && stalled.client !== client) continue
      this.#stalled.delete(stalled)
      stalled.cut()
      return true
    }
    return false
  }

  #release(client: string): void {
    this.#taken--
    const left = (this.#clients.get(client) ?? 1) - 1
    if (left === 0) this.#clients.delete(client)
    else this.#clients.set(client, left)
  }
}
