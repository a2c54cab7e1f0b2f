import { AssertionFailedError } from '@shardline/core'
import type { LayerRange } from '@shardline/core'
import type { Checkpoint } from './checkpoint.ts'
import type { PackedShard, PackProgress, Precision } from './packed-shard.ts'

/** What of a model a shard holds. */
export interface ShardSelection {
  /** Layers of the shard. @default none */
  readonly layers?: LayerRange
  /** Whether the shard holds the final norm and the LM head. @default false */
  readonly hasHead?: boolean
}

/** Options of {@link loadShard}. */
export interface LoadShardOptions {
  /** @default 'auto' */
  readonly precision?: Precision
  /** Folder for packed parts; shared by all models and processes of a machine. */
  readonly cacheFolder: string
  readonly onProgress?: PackProgress
  readonly signal?: AbortSignal
}

/** Loads and packs the selected parts, from the cache where they are there already. */
export async function loadShard(
  checkpoint: Checkpoint,
  selection: ShardSelection,
  options: LoadShardOptions,
): Promise<PackedShard> {
  throw new AssertionFailedError(
    `not built: ${checkpoint.reference} ${String(selection.hasHead)} ${options.cacheFolder}`,
  )
}
