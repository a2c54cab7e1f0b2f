import type { Epoch, PipelineId, ShardlineError } from '@shardline/core'
import type { WireLayers } from '@shardline/wire'
import type { Outbox } from './outbox.ts'
import type { StageWork } from './stage-work.ts'

/** What the stage loop has to know of a pipeline. */
export interface LoopPipeline {
  readonly id: PipelineId
  readonly epoch: Epoch
  /** Layers that this stage runs for it, or null for the validator. */
  readonly layers: WireLayers | null
  readonly work: StageWork
  /** Where results go: the next stage, or the driver. */
  readonly output: Outbox
  /** Longest session in tokens. */
  readonly contextLength: number
  /** Sessions open at the same time at the most. */
  readonly sessionsMax: number
  /** Tells the driver that `sessions` ended by `error`. */
  report(error: ShardlineError, sessions: readonly string[]): void
}
