import type { LayerRange } from '@shardline/core'
import type { PackedShard } from '@shardline/model'

/** Options of {@link createStage} and {@link createHead}. */
export interface EngineOptions {
  /** Threads of one run. @default the number of available cores */
  readonly threads?: number
  /**
   * Whether threads spin while a run waits for work: faster on cores of one's own, harmful on shared ones.
   * Threads never spin between runs. @default true
   */
  readonly isSpinning?: boolean
}

/** What {@link createStage} makes a stage from. */
export interface StageInit extends EngineOptions {
  /** Holds every layer of `layers`. */
  readonly shard: PackedShard
  readonly layers: LayerRange
  /** Bytes that the KV caches of all sessions may hold together. @default KV_CACHE_BYTES_MAX */
  readonly kvCacheBytesMax?: number
  /**
   * Whether the graphs of all widths are built now, not when a batch first needs one: loading takes longer, but no batch
   * waits later, and the memory that building takes for a moment is not on top of full caches. @default false
   */
  readonly isWarm?: boolean
  /** Longest session in tokens. @default the model's context length */
  readonly contextLength?: number
}

/** What {@link createHead} makes a head from. */
export interface HeadInit extends EngineOptions {
  /** Holds the part `head`. */
  readonly shard: PackedShard
}
