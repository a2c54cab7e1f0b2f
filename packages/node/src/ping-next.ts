import type { Milliseconds } from '@shardline/core'
import type { Link } from '@shardline/wire'
import { NEXT_PINGS } from './limits.ts'

/**
 * Round trip to the next stage in milliseconds: the least of a few pings, which is what the network takes. Null without a
 * next stage, or without an answer.
 */
export async function pingNext(
  next: Pick<Link, 'measureRoundTrip'> | undefined,
): Promise<Milliseconds | null> {
  let leastMs: Milliseconds | null = null
  for (let ping = 0; next !== undefined && ping < NEXT_PINGS; ping++) {
    const ms = await next.measureRoundTrip()
    if (ms === undefined) break
    leastMs = Math.min(ms, leastMs ?? ms)
  }
  return leastMs
}
