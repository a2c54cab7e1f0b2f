import { AssertionFailedError } from '@shardline/core'
import type { Checkpoint } from './checkpoint.ts'
import type { ResolveOptions } from './source/resolve-reference.ts'

/** Options of {@link openCheckpoint}. */
export interface OpenCheckpointOptions extends ResolveOptions {}

/** Opens a model: a folder, a file, an address or a hub id. */
export async function openCheckpoint(reference: string, options: OpenCheckpointOptions): Promise<Checkpoint> {
  throw new AssertionFailedError(`not built: ${reference} ${options.cacheFolder}`)
}
