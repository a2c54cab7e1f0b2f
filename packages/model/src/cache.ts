import { AssertionFailedError } from '@shardline/core'

/** What the cache of packed parts holds of one model. */
export interface CachedModel {
  readonly modelDigest: string
  readonly files: number
  readonly bytes: number
}

/** What {@link cacheUsage} found. */
export interface CacheUsage {
  readonly files: number
  readonly bytes: number
  readonly models: readonly CachedModel[]
}

/** Counts what the cache of packed parts in `cacheFolder` holds. */
export async function cacheUsage(cacheFolder: string): Promise<CacheUsage> {
  throw new AssertionFailedError(`not built: ${cacheFolder}`)
}

/** Removes all packed parts from `cacheFolder`; returns what was there. */
export async function clearCache(cacheFolder: string): Promise<CacheUsage> {
  throw new AssertionFailedError(`not built: ${cacheFolder}`)
}
