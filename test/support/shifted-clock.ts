import { systemClock } from '@shardline/core'
import type { Clock, Milliseconds } from '@shardline/core'

/** The machine's clock, whose hands a test may turn forward: what has to lapse then does, however fast the machine is. */
export class ShiftedClock implements Clock {
  #aheadMs: Milliseconds = 0

  now(): Milliseconds {
    return systemClock.now() + this.#aheadMs
  }

  monotonic(): Milliseconds {
    return systemClock.monotonic() + this.#aheadMs
  }

  sleep(waitMs: Milliseconds, options?: { readonly signal?: AbortSignal }): Promise<void> {
    return systemClock.sleep(waitMs, options)
  }

  /** Who sleeps already sleeps on. */
  turn(ms: Milliseconds): void {
    this.#aheadMs += ms
  }
}
