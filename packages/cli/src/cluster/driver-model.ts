import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { LayerRange, Log } from '@shardline/core'
import { formPipeline } from '@shardline/driver'
import type { AnswerTracer, Pipeline, PreviousPipeline } from '@shardline/driver'
import { listFiles, openCheckpoint, openEmbeddingTable } from '@shardline/model'
import type { Checkpoint, ChatTemplate, PackProgress, Precision, Tokenizer } from '@shardline/model'
import type { Transport } from '@shardline/wire'
import type { HubConfig } from '../config.ts'
import { defined } from './defined.ts'
import { silentTokenizer } from './silent-tokenizer.ts'
import { tokenizerIfAny } from './tokenizer-if-any.ts'

/** Nodes that stand by, in the order in which they are taken. */
export interface SpareAddresses {
  readonly workers: readonly string[]
  readonly validators: readonly string[]
}

/** Options of {@link openDriverModel}. */
export interface DriverModelInit {
  readonly transport: Transport
  readonly model: string
  /** Addresses of the workers, in the order of their layers. */
  readonly workers: readonly string[]
  readonly validator: string
  /** Who stands by to take a lost stage's place. @default nobody */
  readonly spares?: SpareAddresses | undefined
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
  /** Follows answers. @default nobody */
  readonly tracer?: AnswerTracer | undefined
}

/** What a driver holds of a model, and how it forms pipelines of it over nodes that run. */
export interface DriverModel extends AsyncDisposable {
  readonly checkpoint: Checkpoint
  /** Undefined if the checkpoint has none: then token ids go in and come out. */
  readonly tokenizer: Tokenizer | undefined
  readonly chatTemplate: ChatTemplate | undefined
  /** Longest session in tokens. */
  readonly contextLength: number
  /** How its weights are held. */
  readonly precision: Precision
  /** @throws what formPipeline throws. */
  form(previous: PreviousPipeline | undefined, signal: AbortSignal | undefined): Promise<Pipeline>
}

/**
 * Opens what a driver needs of a model.
 *
 * @throws what openCheckpoint and openEmbeddingTable throw; everything opened so far is closed then.
 */
export async function openDriverModel(init: DriverModelInit): Promise<DriverModel> {
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
  const { config, digest } = checkpoint
  const components = {
    transport: init.transport,
    clock: systemClock,
    random: systemRandom,
    log: init.log ?? silentLog,
    tracer: init.tracer,
    checkpoint: {
      config,
      digest,
      embeddings,
      tokenizer: tokenizer ?? silentTokenizer(config.vocabularySize),
      list: (options: { readonly signal: AbortSignal }) => listFiles(checkpoint.files, options),
    },
  }
  const plan = {
    workers: init.workers,
    validator: init.validator,
    model: init.model,
    precision: init.precision,
    layers: init.layers,
    limits: defined({
      prefillChunkRows: init.prefillChunkRows,
      decodeFramesInFlightMax: init.isOneMachine ? 1 : undefined,
    }),
    onProgress: init.onProgress === undefined ? undefined : namingStages(init.onProgress),
    ...defined({ contextLength: init.contextLength, spares: init.spares }),
  }
  const cleanup = building.release()
  return {
    checkpoint,
    tokenizer,
    chatTemplate: checkpoint.chatTemplate(),
    precision: init.precision,
    contextLength: Math.min(init.contextLength ?? Infinity, config.contextLength),
    form: (previous, signal) => formPipeline(components, { ...plan, previous, signal }),
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

function namingStages(report: PackProgress): NonNullable<Parameters<typeof formPipeline>[1]['onProgress']> {
  return ({ stage, what, ...bytes }) => report({ what: `${stage.node ?? stage.role}: ${what}`, ...bytes })
}
