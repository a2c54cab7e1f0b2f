import type { Clock, Milliseconds } from '@shardline/core'

const SLOT_MS = 1_000
/** As many as the longest rate that is asked for needs, and the one that fills now. */
const SLOTS = 61

/** Counts tokens as they come, for how many came out lately. Keeps a number for each second of the last minute, nothing of any token. */
export class TokenRate {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #startedMs: Milliseconds
  readonly #counts: number[] = Array.from({ length: SLOTS }, () => 0)
  #slot: number
  #total = 0

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
    this.#startedMs = clock.monotonic()
    this.#slot = this.#slotNow()
  }

  /** All that came since it began. */
  get total(): number {
    return this.#total
  }

  /** A token came out. */
  count(): void {
    const index = this.#advance() % SLOTS
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#total += 1
  }

  /** Tokens per second over the last `seconds` whole seconds, at most 60; less where it began later. */
  perSecond(seconds: number): number {
    const slot = this.#advance()
    const lived = Math.floor((this.#clock.monotonic() - this.#startedMs) / SLOT_MS)
    const whole = Math.min(seconds, SLOTS - 1, slot, Math.max(1, lived))
    if (whole <= 0) return 0
    let sum = 0
    for (let back = 1; back <= whole; back++) sum += this.#counts[(slot - back) % SLOTS] ?? 0
    return sum / whole
  }

  #slotNow(): number {
    return Math.floor((this.#clock.monotonic() - this.#startedMs) / SLOT_MS)
  }

  /** Empties the seconds that passed without a token; returns the number of the second that fills now. */
  #advance(): number {
    const now = this.#slotNow()
    const passed = Math.min(now - this.#slot, SLOTS)
    for (let step = 1; step <= passed; step++) this.#counts[(now - passed + step) % SLOTS] = 0
    this.#slot = now
    return now
  }
}
