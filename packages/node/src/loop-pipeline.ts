import type { Epoch, PipelineId, ShardlineError } from '@shardline/core'
import type { Message, WireLayers } from '@shardline/wire'
import type { StageWork } from './stage-work.ts'

/** Where the results of a pipeline go. */
export interface PipelineOutput {
  /** Whether results had better wait; the loop is woken when they needn't any more. */
  readonly isCongested: boolean
  /** Takes a message. Never throws. */
  post(message: Message): void
}

/** What the stage loop has to know of a pipeline. */
export interface LoopPipeline {
  readonly id: PipelineId
  /** Rises when the pipeline is formed anew, between two runs. */
  readonly epoch: Epoch
  /** Layers that this stage runs for it, or null for the validator. */
  readonly layers: WireLayers | null
  readonly work: StageWork
  /** Where results go: to the next stage, or to the driver. */
  readonly output: PipelineOutput
  /** Longest session in tokens. */
  readonly contextLength: number
  /** Sessions open at the same time at the most. */
  readonly sessionsMax: number
  /** Tells the driver that `sessions` ended by `error`. */
  report(error: ShardlineError, sessions: readonly string[]): void
}
