import type { Clock } from './clock.ts'

/** Options of {@link TokenBuckets}. */
export interface TokenBucketsInit {
  readonly clock: Pick<Clock, 'monotonic'>
  /** How often each name may, in the long run. */
  readonly perSecondMax: number
  /** Seconds of permissions that can be saved up; one permission always can. */
  readonly burstSecondsMax: number
  /** Names that are remembered. */
  readonly namesMax: number
}

interface Bucket {
  tokens: number
  filledAtMs: number
}

/**
 * How often something may be done by each name, as of an address or a party: a bucket of permissions for each that fills
 * evenly (token bucket). Names beyond `namesMax` push out the one that was idle longest: its bucket is the fullest, so the
 * least is lost by forgetting it.
 */
export class TokenBuckets {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #tokensPerMs: number
  readonly #tokensMax: number
  readonly #namesMax: number
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(init: TokenBucketsInit) {
    this.#clock = init.clock
    this.#tokensPerMs = init.perSecondMax / 1000
    this.#tokensMax = Math.max(1, init.perSecondMax * init.burstSecondsMax)
    this.#namesMax = init.namesMax
  }

  /** Names that are remembered now. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes a permission of `name`: 0 if it has one, else the milliseconds until it has the next. */
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
    if (this.#buckets.size <= this.#namesMax) return
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
