import type { Dirent } from 'node:fs'
import { readFile, readdir, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SourceCacheError } from '../errors.ts'
import { addressOf } from './http-client.ts'

/** One model in the cache of downloads. */
export interface CachedModel {
  /** Hub id, or address of the file, as it was written. */
  readonly reference: string
  /** Server that it came from. */
  readonly host: string
  /** Bytes on the disk; a file that is there in part counts with its part. */
  readonly sizeBytes: number
  /** Whether no file is there in part only. */
  readonly isComplete: boolean
}

/** What the cache of downloads holds. */
export interface SourceCacheUsage {
  /** In order of their references. */
  readonly models: readonly CachedModel[]
  readonly totalBytes: number
}

/** The file that makes a folder one model's, and says which. */
export const MODEL_FILE = 'model.json'

/** Folder of everything that was downloaded of a hub's repository. */
export function hubModelFolder(cacheFolder: string, endpoint: URL, id: string): string {
  return join(cacheFolder, 'sources', 'hub', hostName(endpoint), ...id.split('/'))
}

/** Folder of everything that was downloaded of an address; `digest` stands for the address. */
export function urlModelFolder(cacheFolder: string, url: URL, digest: string): string {
  return join(cacheFolder, 'sources', 'url', hostName(url), digest)
}

/**
 * What the cache of downloads in `cacheFolder` holds. Reads nothing but names and sizes; needs no network.
 *
 * @throws SourceCacheError if it can't be read.
 */
export async function sourceCacheUsage(cacheFolder: string): Promise<SourceCacheUsage> {
  try {
    const models: CachedModel[] = []
    for (const folder of await modelFolders(join(cacheFolder, 'sources')))
      models.push(await describeModel(folder))
    models.sort((a, b) => (a.reference < b.reference ? -1 : 1))
    return { models, totalBytes: models.reduce((sum, model) => sum + model.sizeBytes, 0) }
  } catch (cause) {
    throw new SourceCacheError(cacheFolder, 'the cache cannot be read', cause)
  }
}

/**
 * Deletes what was downloaded of a model: of every server that it came from.
 *
 * A process that uses the model at the moment keeps what it has open, on systems where open files can be deleted.
 *
 * @param reference a hub id without revision and file, or an address.
 * @returns bytes that were freed; 0 if the cache has no such model.
 * @throws SourceCacheError if something can't be deleted.
 */
export async function removeFromSourceCache(cacheFolder: string, reference: string): Promise<number> {
  let freedBytes = 0
  // Addresses are remembered without their query, which may hold a signature.
  const wanted = URL.canParse(reference) ? addressOf(new URL(reference)) : reference
  try {
    for (const folder of await modelFolders(join(cacheFolder, 'sources'))) {
      const model = await describeModel(folder)
      if (model.reference !== wanted) continue
      await rm(folder, { recursive: true, force: true })
      // The organization's folder, if nothing else is in it.
      await rmdir(dirname(folder)).catch(() => undefined)
      freedBytes += model.sizeBytes
    }
  } catch (cause) {
    throw new SourceCacheError(cacheFolder, `${reference} cannot be deleted`, cause)
  }
  return freedBytes
}

/** A host with its port is no file name everywhere. */
function hostName(url: URL): string {
  return encodeURIComponent(url.host)
}

async function listFolder(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw cause
  }
}

async function modelFolders(folder: string): Promise<readonly string[]> {
  const entries = await listFolder(folder)
  if (entries.some((entry) => entry.isFile() && entry.name === MODEL_FILE)) return [folder]
  const found: string[] = []
  for (const entry of entries)
    if (entry.isDirectory()) found.push(...(await modelFolders(join(folder, entry.name))))
  return found
}

async function describeModel(folder: string): Promise<CachedModel> {
  const named = JSON.parse(await readFile(join(folder, MODEL_FILE), 'utf8')) as {
    readonly reference?: unknown
    readonly host?: unknown
  }
  const files = await filesUnder(folder)
  return {
    reference: String(named.reference),
    host: String(named.host),
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    isComplete: !files.some((file) => file.path.endsWith('.part')),
  }
}

async function filesUnder(
  folder: string,
): Promise<readonly { readonly path: string; readonly sizeBytes: number }[]> {
  const files: { readonly path: string; readonly sizeBytes: number }[] = []
  for (const entry of await listFolder(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) files.push(...(await filesUnder(path)))
    else files.push({ path, sizeBytes: await diskBytes(path) })
  }
  return files
}

/** Bytes that a file takes: a sparse one takes less than its length. A file that vanished takes none. */
async function diskBytes(path: string): Promise<number> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) return 0
  return process.platform === 'win32' ? stats.size : Math.min(stats.size, stats.blocks * 512)
}
