import type { Clock, Milliseconds } from '@shardline/core'
import { PINGS } from './limits.ts'

/** A link that can be pinged. */
export interface PingedLink {
  measureRoundTrip(): Promise<Milliseconds | undefined>
}

/** Rest before a ping that is to take as long as a frame between two tokens, in milliseconds: both ends sleep by then. */
const REST_MS = 4

/** Round trip of an awake link in milliseconds, the least of a few pings: what the network takes. Undefined without answers. */
export async function shortestRoundTrip(link: PingedLink): Promise<Milliseconds | undefined> {
  let shortest: Milliseconds | undefined
  for (let ping = 0; ping < PINGS; ping++) {
    const ms = await link.measureRoundTrip()
    if (ms !== undefined) shortest = Math.min(ms, shortest ?? ms)
  }
  return shortest
}

/** Round trip in milliseconds, the median of a few pings with rests between: what a token meets. Undefined without answers. */
export async function usualRoundTrip(link: PingedLink, clock: Clock): Promise<Milliseconds | undefined> {
  const times: Milliseconds[] = []
  for (let ping = 0; ping < PINGS; ping++) {
    await clock.sleep(REST_MS)
    const ms = await link.measureRoundTrip()
    if (ms !== undefined) times.push(ms)
  }
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)]
}
