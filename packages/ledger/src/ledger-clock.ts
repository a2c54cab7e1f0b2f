import type { Milliseconds } from '@shardline/core'

const NS_PER_MS = 1_000_000n

/**
 * The ledger's own time: nanoseconds since the Unix epoch, and strictly increasing from event to event across
 * processes and restarts, because each transaction goes on from the last one's time.
 * When the machine's clock jumps back, the ledger's waits for it by steps of one nanosecond.
 */
export class LedgerClock {
  #lastNs: bigint

  /** Goes on after `lastNs`, not before what the machine's clock says. */
  constructor(lastNs: bigint, now: Milliseconds) {
    const wallNs = millisecondsToNs(now)
    this.#lastNs = wallNs > lastNs ? wallNs : lastNs
  }

  /** The time of the last event. */
  get lastNs(): bigint {
    return this.#lastNs
  }

  /** The time of the next event. */
  tick(): bigint {
    this.#lastNs += 1n
    return this.#lastNs
  }
}

/** Whole milliseconds as nanoseconds. */
export function millisecondsToNs(ms: Milliseconds): bigint {
  return BigInt(Math.max(0, Math.floor(ms))) * NS_PER_MS
}
