import type { Clock } from '@shardline/core'

/** Options of a {@link RateLimiter}. */
export interface RateLimiterInit {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly perSecondMax: number
  /** Seconds of requests that can be saved up. */
  readonly burstSecondsMax: number
  /** Names that are remembered. */
  readonly entriesMax: number
}

interface Bucket {
  tokens: number
  filledAtMs: number
}

/**
 * A token bucket for each name. Names beyond `entriesMax` push out the one that was idle longest: its bucket is the
 * fullest, so the least is lost by forgetting it.
 */
export class RateLimiter {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #tokensPerMs: number
  readonly #tokensMax: number
  readonly #entriesMax: number
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(init: RateLimiterInit) {
    this.#clock = init.clock
    this.#tokensPerMs = init.perSecondMax / 1000
    this.#tokensMax = Math.max(1, init.perSecondMax * init.burstSecondsMax)
    this.#entriesMax = init.entriesMax
  }

  /** Names that are remembered now. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes one request of `name`: 0 if it may pass, else the milliseconds until the next one may. */
  take(name: string): number {
    const nowMs = this.#clock.monotonic()
    const bucket = this.#buckets.get(name) ?? { tokens: this.#tokensMax, filledAtMs: nowMs }
    this.#buckets.delete(name)
    this.#buckets.set(name, bucket)
    this.#forgetBeyondMax()
    bucket.tokens = Math.min(this.#tokensMax, bucket.tokens + (nowMs - bucket.filledAtMs) * this.#tokensPerMs)
    bucket.filledAtMs = nowMs
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.#tokensPerMs)
    bucket.tokens--
    return 0
  }

  #forgetBeyondMax(): void {
    if (this.#buckets.size <= this.#entriesMax) return
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
