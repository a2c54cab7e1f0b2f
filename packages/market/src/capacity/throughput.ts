import { SHOWN_INTERVAL_MS_MIN } from '../limits.ts'

/** One settled request's time at a node. */
export interface ServedInterval {
  /** Milliseconds of the market's clock, when the node began with it. */
  readonly startMs: number
  /** When it was delivered. */
  readonly endMs: number
  /** Output tokens that were billed. */
  readonly tokens: number
}

/**
 * What settled requests show that a node can do, in thousandths of a token per second, rounded down: the best single
 * request's throughput, or that of all together over the time in which at least one ran, whichever is more. So neither
 * idle time nor a single slow request counts against it. Undefined without requests.
 *
 * A time below SHOWN_INTERVAL_MS_MIN counts as that long: clocks are too coarse to tell more.
 *
 * @param intervalMsMin overrides SHOWN_INTERVAL_MS_MIN.
 */
export function shownThroughput(
  intervals: readonly ServedInterval[],
  intervalMsMin: number = SHOWN_INTERVAL_MS_MIN,
): bigint | undefined {
  if (intervals.length === 0) return undefined
  const rate = (tokens: number, ms: number): bigint =>
    tokenRate(tokens, Math.max(intervalMsMin, Math.ceil(ms)))
  let best = 0n
  let tokens = 0
  for (const interval of intervals) {
    tokens += interval.tokens
    const single = rate(interval.tokens, interval.endMs - interval.startMs)
    if (single > best) best = single
  }
  const together = rate(tokens, busyMs(intervals))
  return together > best ? together : best
}

/** tokens / ms = thousandths of a token per second / 1,000,000. */
function tokenRate(tokens: number, ms: number): bigint {
  return (BigInt(tokens) * 1_000_000n) / BigInt(ms)
}

/** Milliseconds that at least one interval covers. */
function busyMs(intervals: readonly ServedInterval[]): number {
  let busy = 0
  let until = Number.NEGATIVE_INFINITY
  for (const { startMs, endMs } of intervals.toSorted((a, b) => a.startMs - b.startMs)) {
    if (endMs > until) {
      busy += endMs - Math.max(startMs, until)
      until = endMs
    }
  }
  return busy
}

/** What a capacity counts with is worked out from; all in thousandths of a token per second. */
export interface CapacityEvidence {
  /** What the node says. */
  readonly reported: bigint
  /** What {@link shownThroughput} says; undefined before the first settled request. */
  readonly shown: bigint | undefined
  /** What a node counts with at the most until something was shown. */
  readonly unprovenMax: bigint
}

/** What a capacity counts with: the lower of word and evidence. */
export function effectiveCapacity({ reported, shown, unprovenMax }: CapacityEvidence): bigint {
  const bound = shown ?? unprovenMax
  return reported < bound ? reported : bound
}
