import type { Clock } from '@shardline/core'

/** Options of {@link RequestRates}. */
export interface RequestRatesInit {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly perSecondMax: number
  /** Seconds of requests that can be saved up. */
  readonly burstSecondsMax: number
  /** Clients that are remembered. */
  readonly clientsMax: number
}

interface Bucket {
  tokens: number
  filledAtMs: number
}

/** A token bucket for each client. Clients beyond `clientsMax` push out the one that was idle longest. */
export class RequestRates {
  readonly #init: RequestRatesInit
  readonly #tokensMax: number
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(init: RequestRatesInit) {
    this.#init = init
    this.#tokensMax = Math.max(1, init.perSecondMax * init.burstSecondsMax)
  }

  /** Clients that are remembered now. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes one request of `client`: 0 if it may pass, else the milliseconds until the next one may. */
  take(client: string): number {
    const { clock, perSecondMax, clientsMax } = this.#init
    const nowMs = clock.monotonic()
    const bucket = this.#buckets.get(client) ?? { tokens: this.#tokensMax, filledAtMs: nowMs }
    this.#buckets.delete(client)
    this.#buckets.set(client, bucket)
    if (this.#buckets.size > clientsMax) this.#forgetOldest()
    const saved = bucket.tokens + ((nowMs - bucket.filledAtMs) * perSecondMax) / 1000
    bucket.tokens = Math.min(this.#tokensMax, saved)
    bucket.filledAtMs = nowMs
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 1000) / perSecondMax)
    bucket.tokens--
    return 0
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
