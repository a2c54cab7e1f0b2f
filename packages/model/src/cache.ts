import { createHash } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { canonicalJson } from './canonical-json.ts'
import { CacheFailedError } from './errors.ts'
import type { PartId } from './packed-shard.ts'
import type { PackingRules } from './packing/packing-options.ts'
import { PACKING_VERSION } from './packing/packing-options.ts'

/** Folder for packed parts inside the cache folder. */
const PACKED_FOLDER = 'packed'

/** What the cache of packed parts holds of one model. */
export interface PackedModelUsage {
  readonly modelDigest: string
  readonly files: number
  readonly bytes: number
}

/** What {@link cacheUsage} found. */
export interface CacheUsage {
  readonly files: number
  readonly bytes: number
  /** Packed parts by model. */
  readonly models: readonly PackedModelUsage[]
}

/**
 * Where a packed part is kept: `packed/<version>/<model digest>/<rules>/layer-003.pack` in the cache folder. The path is a function
 * of the content, so nothing there ever becomes stale. What is made of files from other nodes has their origin in the path too,
 * so that nobody who vouches for them wrongly can put something into what others use.
 */
export function packedPath(
  cacheFolder: string,
  key: { readonly modelDigest: string; readonly rules: PackingRules; readonly origin?: string | undefined },
  part: PartId,
): string {
  const name = part.kind === 'layer' ? `layer-${String(part.layer).padStart(3, '0')}` : part.kind
  const rules = createHash('sha256').update(canonicalJson(key.rules)).digest('hex').slice(0, 16)
  const origin = key.origin === undefined ? '' : `-${key.origin.slice(0, 32)}`
  const folder = `${key.rules.precision}-${rules}${origin}`
  return join(cacheFolder, PACKED_FOLDER, `v${PACKING_VERSION}`, key.modelDigest, folder, `${name}.pack`)
}

/**
 * Counts what the cache of packed parts in `cacheFolder` holds, also files of other versions and those that are being written.
 * A folder that isn't there holds nothing.
 *
 * @throws CacheFailedError if the folder can't be read.
 */
export async function cacheUsage(cacheFolder: string): Promise<CacheUsage> {
  const root = join(cacheFolder, PACKED_FOLDER)
  const models = new Map<string, PackedModelUsage>()
  for (const entry of await listFiles(root)) {
    const path = join(entry.parentPath, entry.name)
    const modelDigest = path.slice(root.length + 1).split(sep)[1] ?? ''
    const bytes = await sizeOf(path)
    const before = models.get(modelDigest) ?? { modelDigest, files: 0, bytes: 0 }
    models.set(modelDigest, { modelDigest, files: before.files + 1, bytes: before.bytes + bytes })
  }
  const all = [...models.values()]
  return {
    files: all.reduce((sum, { files }) => sum + files, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    models: all,
  }
}

/**
 * Removes all packed parts from `cacheFolder` and returns what was there. They are packed again when they are needed; a
 * process that has loaded them keeps running.
 *
 * @throws CacheFailedError if the folder can't be read or emptied.
 */
export async function clearCache(cacheFolder: string): Promise<CacheUsage> {
  const usage = await cacheUsage(cacheFolder)
  try {
    await rm(join(cacheFolder, PACKED_FOLDER), { recursive: true, force: true })
  } catch (cause) {
    throw new CacheFailedError(cacheFolder, cause)
  }
  return usage
}

async function listFiles(root: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile())
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw new CacheFailedError(root, cause)
  }
}

/** 0 for a file that is gone by now. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
