import type { CheckpointFiles } from './checkpoint-files.ts'
import type { ListedFile } from './shared-file.ts'

/**
 * Lists the files of a checkpoint so that other nodes can check what they get of them. Reads all of them, the first time.
 *
 * @returns undefined if some aren't whole on this machine.
 * @throws SourceReadError; AbortedError; what opening them throws.
 */
export async function listFiles(
  files: CheckpointFiles,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly ListedFile[] | undefined> {
  const listed: ListedFile[] = []
  for (const name of files.names) {
    const shared = await files.share(name, options)
    if (shared === undefined) return undefined
    listed.push(shared.listed)
  }
  return listed
}
