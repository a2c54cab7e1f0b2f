import type { EngineOptions, Head } from '@shardline/engine'
import { createHead } from '@shardline/engine'
import type { OpenCheckpointOptions, Precision, Tokenizer } from '@shardline/model'
import { loadShard } from '@shardline/model'
import type { HeldModel, LoadProgress, PlannedWeights, SharedFiles, WeightTaker } from '@shardline/node'
import { modelFacts, OpenCheckpoints } from '@shardline/node'

/** Which head to load. */
export interface HeadRequest {
  /** Folder, file, address or hub id. */
  readonly reference: string
  /** Where its files can be had besides disk and hub. @default nowhere */
  readonly planned?: PlannedWeights | undefined
  readonly precision: Precision
  readonly onProgress: LoadProgress
  readonly signal: AbortSignal
}

/** Where a validator gets models and heads from. */
export interface ValidatorModels {
  /** What a model is. @throws what opening it throws. */
  inspect(reference: string, planned?: PlannedWeights): Promise<HeldModel>
  /** Loads the final norm and the LM head. @throws what reading, packing and the engine throw. */
  loadHead(request: HeadRequest): Promise<Head>
  /** The bytes of a model's tokens, for answers with a grammar. @throws what reading its tokenizer throws. */
  loadTokens(reference: string, planned?: PlannedWeights): Promise<Pick<Tokenizer, 'tokenBytes'>>
  /** Files of models that can be given to other nodes. @default none */
  readonly shared?: SharedFiles | undefined
  /** Closes what is open. */
  stop(): Promise<void>
}

/** Options of {@link engineHeads}. */
export interface EngineHeadsInit extends EngineOptions {
  /** How models are found and kept. */
  readonly checkpoints: OpenCheckpointOptions
  /** Reads models from other nodes that hold them. @default from disk and hub alone */
  readonly weightTaker?: WeightTaker | undefined
}

/** Heads of models from disk or network, run by the engine. */
export function engineHeads(init: EngineHeadsInit): ValidatorModels {
  const checkpoints = new OpenCheckpoints(init.checkpoints, init.weightTaker)
  const { cacheFolder } = init.checkpoints
  const { threads, isSpinning } = init
  const engineOptions = {
    ...(threads === undefined ? {} : { threads }),
    ...(isSpinning === undefined ? {} : { isSpinning }),
  }
  return {
    inspect: async (reference, planned) => modelFacts(await checkpoints.get(reference, planned)),
    loadHead: async ({ reference, planned, precision, onProgress, signal }) => {
      const checkpoint = await checkpoints.get(reference, planned)
      const shard = await loadShard(
        checkpoint,
        { hasHead: true },
        { cacheFolder, precision, onProgress, signal },
      )
      return createHead({ shard, ...engineOptions })
    },
    loadTokens: async (reference, planned) => (await checkpoints.get(reference, planned)).tokenizer(),
    shared: checkpoints,
    stop: () => checkpoints[Symbol.asyncDispose](),
  }
}
