import type { Clock, Milliseconds } from '@shardline/core'
import { MarketDownError } from './paid-errors.ts'

/** Options of {@link callWithin}. */
export interface CallWithinInit {
  readonly clock: Pick<Clock, 'sleep'>
  readonly msMax: Milliseconds
}

/**
 * Calls a market, and gives up when it takes too long; the call is told so.
 *
 * @throws MarketDownError after `msMax`; what the call throws.
 */
export async function callWithin<T>(
  { clock, msMax }: CallWithinInit,
  call: (options: { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const done = new AbortController()
  const patience = clock.sleep(msMax, { signal: done.signal }).then(() => {
    const error = new MarketDownError(msMax)
    late.abort(error)
    throw error
  })
  patience.catch(() => undefined) // Ends with the call.
  try {
    return await Promise.race([call({ signal: late.signal }), patience])
  } finally {
    done.abort()
  }
}
