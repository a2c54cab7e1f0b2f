import type { PricedDriver } from '../market/market-client.ts'

/** What a driver is judged by. */
export interface DriverMeritInit {
  readonly driver: Pick<PricedDriver, 'reputation' | 'tokensPerSecond' | 'price' | 'latencyMs'>
  /** Asks that are open at it in this process. */
  readonly open: number
  /** Milliseconds of way that make it half as good. */
  readonly latencyHalfMs: number
}

/**
 * How good it is to ask a driver, for comparing only: its rank (the 5th percentile of what its work shows) times the
 * tokens per second that are left for one more ask, over its price, and less by the way to it:
 *
 *     score * tokensPerSecond / (open + 1) / price / (1 + latency / latencyHalf)
 *
 * A way that was not measured counts as latencyHalf.
 */
export function driverMerit({ driver, open, latencyHalfMs }: DriverMeritInit): number {
  const { reputation, tokensPerSecond, price, latencyMs = latencyHalfMs } = driver
  const speed = Math.max(tokensPerSecond, Number.EPSILON) / (open + 1)
  return (
    (reputation.score * speed) / Math.max(Number(price), Number.EPSILON) / (1 + latencyMs / latencyHalfMs)
  )
}
