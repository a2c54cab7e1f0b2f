import type { Clock, Milliseconds } from '@shardline/core'

/** Spreads what is given over time, so many bytes a second at the most; what nobody took is saved for one second. */
export class Pacer {
  readonly #clock: Clock
  readonly #bytesPerMs: number
  /** When everything that was taken so far is paid for. */
  #paidAtMs: Milliseconds

  constructor(clock: Clock, bytesPerSecondMax: number) {
    this.#clock = clock
    this.#bytesPerMs = bytesPerSecondMax / 1000
    this.#paidAtMs = clock.monotonic()
  }

  /** Waits until `bytes` may go; those who come first go first. @throws AbortedError. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonic()
    const startMs = Math.max(this.#paidAtMs, nowMs - 1000)
    this.#paidAtMs = startMs + bytes / this.#bytesPerMs
    if (this.#paidAtMs > nowMs) await this.#clock.sleep(this.#paidAtMs - nowMs, { signal })
  }
}
