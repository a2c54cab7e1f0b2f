import type { Clock, Milliseconds } from '@shardline/core'
import { TokenRate } from './token-rate.ts'
import { THROUGHPUT_TOKENS_MIN, THROUGHPUT_WINDOW_MS } from './service-limits.ts'

/** How many tokens per second come out while answers run, over about the last while of such time. */
export class Throughput {
  /** What came out lately, whether answers ran all the time or not. */
  readonly rate: TokenRate
  readonly #clock: Pick<Clock, 'monotonic'>
  #running = 0
  #sinceMs: Milliseconds = 0
  #busyMs: Milliseconds = 0
  #tokens = 0

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
    this.rate = new TokenRate(clock)
  }

  /** Undefined until enough has come out to say. */
  get tokensPerSecond(): number | undefined {
    this.#pass()
    if (this.#tokens < THROUGHPUT_TOKENS_MIN || this.#busyMs <= 0) return undefined
    return (this.#tokens * 1000) / this.#busyMs
  }

  /** An answer runs from now on, until what is returned is called. */
  begin(): () => void {
    this.#pass()
    this.#running += 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#pass()
      this.#running -= 1
    }
  }

  /** A token came out. */
  count(): void {
    this.#tokens += 1
    this.rate.count()
  }

  #pass(): void {
    const nowMs = this.#clock.monotonic()
    if (this.#running > 0) this.#busyMs += nowMs - this.#sinceMs
    this.#sinceMs = nowMs
    if (this.#busyMs < THROUGHPUT_WINDOW_MS) return
    // What is older counts half, then a quarter, and so on.
    this.#busyMs /= 2
    this.#tokens /= 2
  }
}
