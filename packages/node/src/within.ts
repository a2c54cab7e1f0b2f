import type { Clock, Milliseconds, ShardlineError } from '@shardline/core'

/** How long work may take. */
export interface TimeLimit {
  readonly clock: Clock
  readonly waitMsMax: Milliseconds
  /** Gives the work up before. */
  readonly signal: AbortSignal
  /** What is thrown when the time is over. */
  readonly onLate: () => ShardlineError
}

/**
 * Gives work a limited time; it has to end when its signal aborts.
 *
 * @throws what `onLate` makes if the time is over before the work is, else what the work throws.
 */
export async function within<T>(limit: TimeLimit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController()
  const done = new AbortController()
  limit.clock.sleep(limit.waitMsMax, { signal: done.signal }).then(
    () => late.abort(),
    () => undefined,
  )
  try {
    return await work(AbortSignal.any([late.signal, limit.signal]))
  } catch (cause) {
    if (late.signal.aborted && !limit.signal.aborted) throw limit.onLate()
    throw cause
  } finally {
    done.abort()
  }
}
