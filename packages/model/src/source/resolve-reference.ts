import { stat } from 'node:fs/promises'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { openLocalFiles } from './local-files.ts'
import { ReferenceUnknownError } from '../errors.ts'

/** Options of {@link resolveReference}. */
export interface ResolveOptions {
  /** Folder for everything that is kept between runs: downloaded blocks, remembered digests. */
  readonly cacheFolder: string
  /** Bytes of a side file (config, tokenizer, index) at the most. @default SIDE_FILE_BYTES_MAX */
  readonly sideFileBytesMax?: number
}

/**
 * Finds the files of the model that `reference` names: a folder, a `.gguf` file, `folder:file.gguf`.
 *
 * @throws ReferenceUnknownError if it names nothing; ReferenceAmbiguousError if it names a folder with several models.
 */
export async function resolveReference(reference: string, options: ResolveOptions): Promise<CheckpointFiles> {
  const local = await localPath(reference)
  if (local !== undefined)
    return openLocalFiles({ ...options, reference, path: local.path, wanted: local.wanted })
  throw new ReferenceUnknownError(reference, 'there is no such file or folder')
}

interface LocalPath {
  readonly path: string
  readonly wanted: string | undefined
}

async function localPath(reference: string): Promise<LocalPath | undefined> {
  if (await exists(reference)) return { path: reference, wanted: undefined }
  const match = /^(.+):([^/\\:]+\.gguf)$/i.exec(reference)
  const [, folder, wanted] = match ?? []
  return folder !== undefined && (await exists(folder)) ? { path: folder, wanted } : undefined
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
