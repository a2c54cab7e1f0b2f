import { CleanupStack, systemClock, systemRandom, silentLog } from '@shardline/core'
import type { LayerRange, Log } from '@shardline/core'
import { formPipeline } from '@shardline/driver'
import type { Pipeline } from '@shardline/driver'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import type { Checkpoint, ChatTemplate, PackProgress, Precision, Tokenizer } from '@shardline/model'
import type { Transport } from '@shardline/wire'
import type { HubConfig } from '../config.ts'
import { defined } from './defined.ts'
import { silentTokenizer } from './silent-tokenizer.ts'
import { tokenizerIfAny } from './tokenizer-if-any.ts'

/** Options of {@link hostDriver}. */
export interface DriverHostInit {
  readonly transport: Transport
  readonly model: string
  /** Addresses of the workers, in the order of their layers. */
  readonly workers: readonly string[]
  readonly validator: string
  readonly precision: Precision
  readonly layers: readonly LayerRange[] | undefined
  readonly contextLength: number | undefined
  readonly prefillChunkRows: number | 'all' | undefined
  /** Whether the stages share this machine's cores: then all sessions go through them as one batch. */
  readonly isOneMachine: boolean
  readonly cacheFolder: string
  readonly hub: HubConfig | undefined
  readonly onProgress: PackProgress | undefined
  readonly signal: AbortSignal | undefined
  readonly log: Log | undefined
}

/** A driver in this process: a formed pipeline, and what its user needs to turn text into tokens. */
export interface DriverHost extends AsyncDisposable {
  readonly pipeline: Pipeline
  readonly checkpoint: Checkpoint
  /** Undefined if the checkpoint has none: then token ids go in and come out. */
  readonly tokenizer: Tokenizer | undefined
  readonly chatTemplate: ChatTemplate | undefined
  /** Longest session in tokens. */
  readonly contextLength: number
}

/**
 * Opens the model and forms a pipeline over nodes that run.
 *
 * @throws what openCheckpoint and formPipeline throw; everything opened so far is closed then.
 */
export async function hostDriver(init: DriverHostInit): Promise<DriverHost> {
  await using building = new CleanupStack()
  const checkpoint = await openCheckpoint(init.model, {
    cacheFolder: init.cacheFolder,
    ...init.hub,
    ...defined({ signal: init.signal, onProgress: init.onProgress }),
  })
  building.add(async () => checkpoint[Symbol.asyncDispose]())
  const tokenizer = await tokenizerIfAny(checkpoint)
  const embeddings = await openEmbeddingTable(checkpoint)
  building.add(async () => embeddings[Symbol.asyncDispose]())
  const pipeline = await formPipeline(
    {
      transport: init.transport,
      clock: systemClock,
      random: systemRandom,
      log: init.log ?? silentLog,
      checkpoint: {
        config: checkpoint.config,
        digest: checkpoint.digest,
        embeddings,
        tokenizer: tokenizer ?? silentTokenizer(checkpoint.config.vocabularySize),
      },
    },
    {
      workers: init.workers,
      validator: init.validator,
      model: init.model,
      precision: init.precision,
      layers: init.layers,
      limits: defined({
        prefillChunkRows: init.prefillChunkRows,
        decodeFramesInFlightMax: init.isOneMachine ? 1 : undefined,
      }),
      onProgress:
        init.onProgress === undefined
          ? undefined
          : ({ stage, what, ...bytes }) =>
              init.onProgress?.({ what: `${stage.node ?? stage.role}: ${what}`, ...bytes }),
      signal: init.signal,
      ...defined({ contextLength: init.contextLength }),
    },
  )
  building.add(async () => pipeline[Symbol.asyncDispose]())
  const cleanup = building.release()
  return {
    pipeline,
    checkpoint,
    tokenizer,
    chatTemplate: checkpoint.chatTemplate(),
    contextLength: Math.min(init.contextLength ?? Infinity, checkpoint.config.contextLength),
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}
