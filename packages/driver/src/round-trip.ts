import type { Milliseconds } from '@shardline/core'
import { PINGS } from './limits.ts'

/** A link that can be pinged. */
export interface PingedLink {
  measureRoundTrip(): Promise<Milliseconds | undefined>
}

/** Round trip of an awake link in milliseconds, the least of a few pings: what the network takes. Undefined without answers. */
export async function shortestRoundTrip(link: PingedLink): Promise<Milliseconds | undefined> {
  let shortest: Milliseconds | undefined
  for (let ping = 0; ping < PINGS; ping++) {
    const ms = await link.measureRoundTrip()
    if (ms !== undefined) shortest = Math.min(ms, shortest ?? ms)
  }
  return shortest
}
