import type { Epoch, LayerRange, PipelineId } from '@shardline/core'
import type { Pipeline } from './pipeline.ts'

/** A pipeline that a node has a part in, as its operator sees it. */
export interface NodePipeline {
  readonly id: PipelineId
  readonly epoch: Epoch
  /** Reference of the model, as the driver names it. */
  readonly model: string
  readonly modelDigest: string
  /** Undefined for the validator. */
  readonly layers: LayerRange | undefined
  /** Whether it is loaded and linked. */
  readonly isReady: boolean
  /** Of the weights; 0 until they are loaded. Pipelines with the same part share them. */
  readonly packedBytes: number
}

/** What the operator sees of a pipeline. */
export function nodePipeline({ id, epoch, plan, loaded, isReady }: Pipeline): NodePipeline {
  return {
    id,
    epoch,
    model: plan.model,
    modelDigest: plan.modelDigest,
    layers: plan.layers ?? undefined,
    isReady,
    packedBytes: loaded?.packedBytes ?? 0,
  }
}
