import { SourceChangedError } from '../errors.ts'
import type { RemoteFiles } from './remote-files.ts'
import { openRemote } from './open-remote.ts'
import { parseReference } from './parse-reference.ts'
import type { ResolveOptions } from './resolve-reference.ts'
import { findLocal } from './resolve-reference.ts'

/** What {@link pullReference} has made sure to be there. */
export interface PulledModel {
  readonly reference: string
  /** Names of the files; empty for a local model. */
  readonly names: readonly string[]
  /** Sum over the files; 0 for a local model. */
  readonly totalBytes: number
  /** Bytes that had to be fetched now. */
  readonly fetchedBytes: number
  /** Whether the model is a local file or folder, so that there was nothing to do. */
  readonly isLocal: boolean
}

/**
 * Downloads all files of a model that are not in the cache yet, several at a time, and checks them.
 *
 * An interrupted pull goes on where it stopped. If a file changes on the server meanwhile, the pull starts over once.
 * `onProgress` gets the sums over all files, and the name of the file that went on.
 *
 * @throws ChecksumMismatchError if a content is wrong; errors of resolveReference and of reading.
 */
export async function pullReference(reference: string, options: ResolveOptions): Promise<PulledModel> {
  if ((await findLocal(reference)) !== undefined)
    return { reference, names: [], totalBytes: 0, fetchedBytes: 0, isLocal: true }
  try {
    return await pullOnce(reference, options)
  } catch (cause) {
    if (!(cause instanceof SourceChangedError)) throw cause
    return pullOnce(reference, options)
  }
}

async function pullOnce(reference: string, options: ResolveOptions): Promise<PulledModel> {
  const progress = new Map<string, number>()
  let totalBytes = 0
  const report = (what: string): void => {
    options.onProgress?.({ what, doneBytes: sumOf(progress), totalBytes })
  }
  const onProgress: ResolveOptions['onProgress'] = ({ what, doneBytes }) => {
    progress.set(what, doneBytes)
    report(what)
  }
  await using files = await openRemote(reference, parseReference(reference), { ...options, onProgress })
  const sources = await openAll(files)
  totalBytes = sources.reduce((sum, source) => sum + source.sizeBytes, 0)
  const presentBytes = sources.reduce((sum, source) => sum + source.presentBytes, 0)
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  await allOrFirstError(sources.map((source) => source.fetchAll(signal)))
  return {
    reference,
    names: files.names,
    totalBytes,
    fetchedBytes: totalBytes - presentBytes,
    isLocal: false,
  }
}

function openAll(files: RemoteFiles): Promise<Awaited<ReturnType<RemoteFiles['openRemote']>>[]> {
  return allOrFirstError(files.names.map((name) => files.openRemote(name)))
}

/** As Promise.all, but only once all are settled: nothing goes on behind the caller's back. */
async function allOrFirstError<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

function sumOf(progress: ReadonlyMap<string, number>): number {
  return [...progress.values()].reduce((sum, bytes) => sum + bytes, 0)
}
