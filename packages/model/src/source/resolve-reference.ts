import { stat } from 'node:fs/promises'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { openLocalFiles } from './local-files.ts'
import type { RemoteOptions } from './open-remote.ts'
import { openRemote } from './open-remote.ts'
import { parseReference } from './parse-reference.ts'

/** Options of {@link resolveReference}. */
export interface ResolveOptions extends RemoteOptions {}

/**
 * Finds the files of the model that `reference` names:
 *
 * - a folder, a `.gguf` file, a folder's `config.json`, or `folder:file.gguf`; a local path that exists wins over all else;
 * - `https://host/path/file.gguf`: one file on any server;
 * - `org/name`, `org/name@revision`, `org/name:file.gguf` or `org/name@revision:file.gguf`: a repository of the hub.
 *
 * Nothing but the listing is fetched here; contents are fetched as far as they are read, and kept in the cache folder.
 *
 * @throws ReferenceUnknownError if it names nothing; ReferenceAmbiguousError if it names several models; FileMissingError;
 * SourceRefusedError, SourceUnreachableError, SourceProtocolError, SourceOfflineError for what is on servers.
 */
export async function resolveReference(reference: string, options: ResolveOptions): Promise<CheckpointFiles> {
  const local = await findLocal(reference)
  if (local !== undefined) return openLocalFiles({ ...options, reference, ...local })
  return openRemote(reference, parseReference(reference), options)
}

/** A path that exists, and the file in it that the reference names. */
export interface LocalReference {
  readonly path: string
  readonly wanted: string | undefined
}

/** The local file or folder that `reference` names, if there is one. */
export async function findLocal(reference: string): Promise<LocalReference | undefined> {
  if (await exists(reference)) return { path: reference, wanted: undefined }
  const [, folder, wanted] = /^(.+):([^/\\:]+\.gguf)$/i.exec(reference) ?? []
  return folder !== undefined && (await exists(folder)) ? { path: folder, wanted } : undefined
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
