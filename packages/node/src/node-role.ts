import type { LayerRange } from '@shardline/core'
import type { DescriptionMessage, PlanMessage, SessionOpenMessage } from '@shardline/wire'
import type { LoopPipeline } from './loop-pipeline.ts'
import type { StageWork } from './stage-work.ts'

/** What a node says of itself; the server adds who it is and how many pipelines it serves. */
export type NodeFacts = Omit<
  DescriptionMessage,
  'kind' | 'request' | 'node' | 'role' | 'software' | 'pipelines' | 'shares'
>

/** How far loading is, for people and for the driver's patience. */
export type LoadProgress = (progress: {
  readonly what: string
  readonly doneBytes: number
  readonly totalBytes: number
}) => void

/** What {@link NodeRole.load} is given beside the plan. */
export interface LoadContext {
  readonly onProgress: LoadProgress
  /** Aborts when the driver goes away or releases the pipeline. */
  readonly signal: AbortSignal
}

/** A loaded part of a model, held for one pipeline. */
export interface LoadedWork {
  readonly work: StageWork
  /** Undefined for the validator. */
  readonly layers: LayerRange | undefined
  readonly packedBytes: number
  readonly numericClass: string
  /** Gives the work back; it may stay loaded for the next plan. */
  release(): Promise<void>
}

/** What makes a stage process a worker or a validator. */
export interface NodeRole {
  readonly kind: 'worker' | 'validator'
  describe(): Promise<NodeFacts>
  /** Loads what the plan asks for. What it throws is the answer to the plan. */
  load(plan: PlanMessage, context: LoadContext): Promise<LoadedWork>
  /**
   * Starts an answer in a session, at once or when the promise resolves; undefined if the role has no such thing.
   * What it throws is the answer.
   */
  readonly openSession:
    ((message: SessionOpenMessage, pipeline: LoopPipeline) => Promise<void> | undefined) | undefined
  /** Frees what is loaded. */
  stop(): Promise<void>
}
