import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { LayerRange, Log } from '@shardline/core'
import { formPipeline } from '@shardline/driver'
import type { AnswerTracer, Pipeline, PreviousPipeline } from '@shardline/driver'
import { listFiles, openCheckpoint, openEmbeddingTable } from '@shardline/model'
import type { Checkpoint, ChatTemplate, PackProgress, Precision, Tokenizer } from '@shardline/model'
import type { Transport } from '@shardline/wire'
import type { HubConfig } from '../config.ts'
import { areOnThisMachine } from '../options/parse-address.ts'
import type { FoundStages, StageSource } from '../stages/stage-source.ts'
import { defined } from './defined.ts'
import { silentTokenizer } from './silent-tokenizer.ts'
import { tokenizerIfAny } from './tokenizer-if-any.ts'

/** Options of {@link openDriverModel}. */
export interface DriverModelInit {
  readonly transport: Transport
  readonly model: string
  /** Where the nodes come from that it plans over. */
  readonly stages: StageSource
  readonly precision: Precision
  readonly layers: readonly LayerRange[] | undefined
  readonly contextLength: number | undefined
  readonly prefillChunkRows: number | 'all' | undefined
  /**
   * Whether the stages share this machine's cores: then all sessions go through them as one batch.
   *
   * @default whether all have addresses of loopback
   */
  readonly isOneMachine?: boolean | undefined
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
    model: init.model,
    precision: init.precision,
    layers: init.layers,
    onProgress: init.onProgress === undefined ? undefined : namingStages(init.onProgress),
    ...defined({ contextLength: init.contextLength }),
  }
  const form = async (
    previous: PreviousPipeline | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Pipeline> => {
    const found = await init.stages.find({ signal })
    const limits = defined({
      prefillChunkRows: init.prefillChunkRows,
      decodeFramesInFlightMax: (init.isOneMachine ?? areOnThisMachine(allOf(found))) ? 1 : undefined,
    })
    const pipeline = await formPipeline(components, { ...plan, ...found, limits, previous, signal })
    follow(init.stages, pipeline)
    return pipeline
  }
  const cleanup = building.release()
  return {
    checkpoint,
    tokenizer,
    chatTemplate: checkpoint.chatTemplate(),
    precision: init.precision,
    contextLength: Math.min(init.contextLength ?? Infinity, config.contextLength),
    form,
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

function allOf({ workers, validator, spares }: FoundStages): readonly string[] {
  return [...workers, validator, ...spares.workers, ...spares.validators]
}

/** Nodes that come stand by, and those that go don't, for as long as the pipeline lives. */
function follow(stages: StageSource, pipeline: Pipeline): void {
  if (pipeline.over.aborted) return
  const end = stages.watch({
    came: (node) => pipeline.enroll?.(node),
    went: (address) => pipeline.dismiss?.(address),
  })
  pipeline.over.addEventListener('abort', end, { once: true })
}

function namingStages(report: PackProgress): NonNullable<Parameters<typeof formPipeline>[1]['onProgress']> {
  return ({ stage, what, ...bytes }) => report({ what: `${stage.node ?? stage.role}: ${what}`, ...bytes })
}
