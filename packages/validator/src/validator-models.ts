import type { EngineOptions, Head } from '@shardline/engine'
import { createHead } from '@shardline/engine'
import type { OpenCheckpointOptions, Precision, Tokenizer } from '@shardline/model'
import { loadShard } from '@shardline/model'
import type { LoadProgress, ModelFacts } from '@shardline/node'
import { modelFacts, OpenCheckpoints } from '@shardline/node'

/** Which head to load. */
export interface HeadRequest {
  /** Folder, file, address or hub id. */
  readonly reference: string
  readonly precision: Precision
  readonly onProgress: LoadProgress
  readonly signal: AbortSignal
}

/** Where a validator gets models and heads from. */
export interface ValidatorModels {
  /** What a model is. @throws what opening it throws. */
  inspect(reference: string): Promise<ModelFacts>
  /** Loads the final norm and the LM head. @throws what reading, packing and the engine throw. */
  loadHead(request: HeadRequest): Promise<Head>
  /** The bytes of a model's tokens, for answers with a grammar. @throws what reading its tokenizer throws. */
  loadTokens(reference: string): Promise<Pick<Tokenizer, 'tokenBytes'>>
  /** Closes what is open. */
  stop(): Promise<void>
}

/** Options of {@link engineHeads}. */
export interface EngineHeadsInit extends EngineOptions {
  /** How models are found and kept. */
  readonly checkpoints: OpenCheckpointOptions
}

/** Heads of models from disk or network, run by the engine. */
export function engineHeads(init: EngineHeadsInit): ValidatorModels {
  const checkpoints = new OpenCheckpoints(init.checkpoints)
  const { cacheFolder } = init.checkpoints
  const { threads, isSpinning } = init
  const engineOptions = {
    ...(threads === undefined ? {} : { threads }),
    ...(isSpinning === undefined ? {} : { isSpinning }),
  }
  return {
    inspect: async (reference) => modelFacts(await checkpoints.get(reference)),
    loadHead: async ({ reference, precision, onProgress, signal }) => {
      const checkpoint = await checkpoints.get(reference)
      const shard = await loadShard(
        checkpoint,
        { hasHead: true },
        { cacheFolder, precision, onProgress, signal },
      )
      return createHead({ shard, ...engineOptions })
    },
    loadTokens: async (reference) => (await checkpoints.get(reference)).tokenizer(),
    stop: () => checkpoints[Symbol.asyncDispose](),
  }
}
