import type { LayerRange } from '@shardline/core'
import type { EngineOptions, Stage } from '@shardline/engine'
import { createStage } from '@shardline/engine'
import type { OpenCheckpointOptions, Precision } from '@shardline/model'
import { loadShard } from '@shardline/model'
import type { LoadProgress, HeldModel, PlannedWeights, SharedFiles, WeightTaker } from '@shardline/node'
import { modelFacts, OpenCheckpoints } from '@shardline/node'
import { CONTEXT_TOKENS_MAX } from './limits.ts'

/** Which layers to load. */
export interface StageRequest {
  /** Folder, file, address or hub id. */
  readonly reference: string
  /** Where its files can be had besides disk and hub. @default nowhere */
  readonly planned?: PlannedWeights | undefined
  readonly layers: LayerRange
  readonly precision: Precision
  readonly onProgress: LoadProgress
  readonly signal: AbortSignal
}

/** Where a worker gets models and stages from. */
export interface WorkerModels {
  /** What a model is. @throws what opening it throws. */
  inspect(reference: string, planned?: PlannedWeights): Promise<HeldModel>
  /** Loads layers and makes a stage of them. @throws what reading, packing and the engine throw. */
  loadStage(request: StageRequest): Promise<Stage>
  /** Files of models that can be given to other nodes. @default none */
  readonly shared?: SharedFiles | undefined
  /** Closes what is open. */
  stop(): Promise<void>
}

/** Options of {@link engineModels}. */
export interface EngineModelsInit extends EngineOptions {
  /** How models are found and kept. */
  readonly checkpoints: OpenCheckpointOptions
  /** Reads models from other nodes that hold them. @default from disk and hub alone */
  readonly weightTaker?: WeightTaker | undefined
  /** Bytes that the KV caches of all sessions may hold together. @default the engine's KV_CACHE_BYTES_MAX */
  readonly kvCacheBytesMax?: number
  /** Longest session in tokens, where the model allows more. @default CONTEXT_TOKENS_MAX */
  readonly contextTokensMax?: number
}

/** Models from disk or network, run by the engine. */
export function engineModels(init: EngineModelsInit): WorkerModels {
  const checkpoints = new OpenCheckpoints(init.checkpoints, init.weightTaker)
  const { cacheFolder } = init.checkpoints
  const { threads, isSpinning, kvCacheBytesMax } = init
  const contextTokensMax = init.contextTokensMax ?? CONTEXT_TOKENS_MAX
  const engineOptions = {
    ...(threads === undefined ? {} : { threads }),
    ...(isSpinning === undefined ? {} : { isSpinning }),
    ...(kvCacheBytesMax === undefined ? {} : { kvCacheBytesMax }),
  }
  return {
    inspect: async (reference, planned) => modelFacts(await checkpoints.get(reference, planned)),
    loadStage: async ({ reference, planned, layers, precision, onProgress, signal }) => {
      const checkpoint = await checkpoints.get(reference, planned)
      const shard = await loadShard(checkpoint, { layers }, { cacheFolder, precision, onProgress, signal })
      const contextLength = Math.min(contextTokensMax, checkpoint.config.contextLength)
      return createStage({ shard, layers, contextLength, isWarm: true, ...engineOptions })
    },
    shared: checkpoints,
    stop: () => checkpoints[Symbol.asyncDispose](),
  }
}
