import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Whether the cache folder can be used, and how much room is left for it. */
export interface CacheFolderFacts {
  readonly path: string
  readonly isWritable: boolean
  /** Undefined if the file system doesn't say. */
  readonly freeBytes: number | undefined
}

/** Looks at the cache folder, or, while it isn't there yet, at the nearest folder above it. Creates nothing. */
export async function checkCacheFolder(path: string): Promise<CacheFolderFacts> {
  const existing = await nearestExisting(path)
  const [isWritable, freeBytes] = await Promise.all([
    access(existing, constants.W_OK).then(
      () => true,
      () => false,
    ),
    statfs(existing).then(
      (facts) => facts.bavail * facts.bsize,
      () => undefined,
    ),
  ])
  return { path, isWritable, freeBytes }
}

async function nearestExisting(path: string): Promise<string> {
  let candidate = path
  for (;;) {
    const isThere = await stat(candidate).then(
      () => true,
      () => false,
    )
    const parent = dirname(candidate)
    if (isThere || parent === candidate) return candidate
    candidate = parent
  }
}
