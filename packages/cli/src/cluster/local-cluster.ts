import type { LayerRange, Log } from '@shardline/core'
import type { Pipeline } from '@shardline/driver'
import type { Checkpoint, ChatTemplate, PackProgress, Precision, Tokenizer } from '@shardline/model'

/** Options of {@link startLocalCluster}. */
export interface LocalClusterInit {
  /** Folder, file, address or hub id of the model. */
  readonly model: string
  /** Worker processes; 0 runs everything in this process over the memory transport. */
  readonly workers: number
  /** @default 'auto' */
  readonly precision?: Precision
  /** Threads of one run in each stage. @default the number of available cores */
  readonly threads?: number
  /** Whether threads spin while a run waits for work. @default true if `workers` is 0, else false: the processes share the cores */
  readonly isSpinning?: boolean
  /** Layers of each worker, in order. @default planned by measured speed and free memory */
  readonly layers?: readonly LayerRange[]
  /** Longest session in tokens. @default the model's own context length */
  readonly contextLength?: number
  /** Rows of one prefill frame at the most. @default the driver's */
  readonly prefillChunkRows?: number
  /** Where downloads and packed shards are kept. @default the platform's cache folder */
  readonly cacheFolder?: string
  /** Told how far downloading, packing and loading are. */
  readonly onProgress?: PackProgress
  /** Gives up starting; a started cluster is stopped with `stop`. */
  readonly signal?: AbortSignal
  /** @default silent */
  readonly log?: Log
}

/** One process of a local cluster. */
export interface ClusterProcess {
  /** Such as `worker-1`. */
  readonly name: string
  readonly role: 'driver' | 'worker' | 'validator'
  /** Where it listens; `memory:…` if it lives in this process. */
  readonly address: string
  readonly pid: number
}

/** A pipeline whose stages all run on this machine. */
export interface LocalCluster extends AsyncDisposable {
  readonly pipeline: Pipeline
  readonly checkpoint: Checkpoint
  /** Undefined if the checkpoint has none: then token ids go in and come out. */
  readonly tokenizer: Tokenizer | undefined
  readonly chatTemplate: ChatTemplate | undefined
  readonly processes: readonly ClusterProcess[]
  /** Ends the pipeline and every process of it. May be called twice. */
  stop(): Promise<void>
}
