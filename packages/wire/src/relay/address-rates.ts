import type { Clock } from '@shardline/core'

/** Options of {@link AddressRates}. */
export interface AddressRatesInit {
  /** How often an address may do it in a minute, and at once. */
  readonly perMinuteMax: number
  /** Addresses that are remembered. */
  readonly addressesMax: number
}

interface Bucket {
  readonly left: number
  readonly atMs: number
}

const MINUTE_MS = 60_000

/** How often something may be done from each address: a bucket of permissions that fills evenly (token bucket). */
export class AddressRates {
  readonly #clock: Clock
  readonly #init: AddressRatesInit
  /** The one that was used longest ago comes first. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, init: AddressRatesInit) {
    this.#clock = clock
    this.#init = init
  }

  /** Takes a permission of `address`; false if it has none left. */
  take(address: string): boolean {
    const nowMs = this.#clock.monotonic()
    const left = this.#leftAt(address, nowMs)
    const isAllowed = left >= 1
    this.#buckets.delete(address)
    this.#buckets.set(address, { left: isAllowed ? left - 1 : left, atMs: nowMs })
    if (this.#buckets.size > this.#init.addressesMax) this.#forgetOldest()
    return isAllowed
  }

  #leftAt(address: string, nowMs: number): number {
    const { perMinuteMax } = this.#init
    const bucket = this.#buckets.get(address)
    if (bucket === undefined) return perMinuteMax
    return Math.min(perMinuteMax, bucket.left + ((nowMs - bucket.atMs) / MINUTE_MS) * perMinuteMax)
  }

  #forgetOldest(): void {
    for (const address of this.#buckets.keys()) {
      this.#buckets.delete(address)
      return
    }
  }
}
