import type { Clock } from '@shardline/core'

/** The market's time in whole milliseconds since 1970, as its tables hold it. */
export function nowMs({ clock }: { readonly clock: Pick<Clock, 'now'> }): bigint {
  return BigInt(Math.floor(clock.now()))
}
