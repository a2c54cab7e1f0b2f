import type { ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'

/** Begins something that ends when the signal aborts. */
export type Start<T> = (signal: AbortSignal) => Promise<T>

/**
 * Runs all at once. The first failure aborts the others and is thrown when they have ended: nothing goes on behind the
 * caller's back.
 */
export async function allOrFirst<T>(
  starts: readonly Start<T>[],
  signal: AbortSignal | undefined,
): Promise<readonly T[]> {
  const others = new AbortController()
  const both = signal === undefined ? others.signal : AbortSignal.any([signal, others.signal])
  const failures: ShardlineError[] = []
  const results = await Promise.all(
    starts.map(async (start) => {
      try {
        return [await start(both)]
      } catch (cause) {
        failures.push(fromUnknown(cause))
        others.abort()
        return []
      }
    }),
  )
  const [first] = failures
  if (first !== undefined) throw first
  return results.flat()
}
