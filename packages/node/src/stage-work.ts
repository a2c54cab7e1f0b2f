import type { Epoch, PipelineId, SessionId, ShardlineError } from '@shardline/core'
import type { EvidenceBook } from './proof/evidence-book.ts'
import type { Message, SegmentUse, SessionOpening, TraceEntry } from '@shardline/wire'

/** A session as the work under the loop knows it. */
export interface WorkSession {
  /** Unique in this process: two pipelines may use the same session id. */
  readonly key: SessionId
  /** The id on the wire. */
  readonly id: string
  readonly pipeline: PipelineId
}

/** Consecutive rows of one session inside a run. */
export interface WorkPart {
  readonly session: WorkSession
  /** Counts the driver's rollbacks; goes on unchanged. */
  readonly turn: number
  /** Position of the first row: the session's length, or less, which means to roll back to it first. */
  readonly position: number
  readonly rows: number
  readonly use: SegmentUse
}

/** Rows of one run. Each session occurs at most once; parts of one pipeline stand together. */
export interface WorkBatch {
  readonly parts: readonly WorkPart[]
  /** f32 `[sum of rows, hiddenSize]`, parts in order. */
  readonly hidden: Float32Array
}

/** What goes on from one run (or from control alone) for one pipeline. */
export interface OutgoingFrame {
  readonly pipeline: PipelineId
  readonly epoch: Epoch
  /** Sessions that this stage opened since the last frame. */
  readonly open: readonly SessionOpening[]
  /** This pipeline's parts of the run. */
  readonly parts: readonly WorkPart[]
  /** Index of this pipeline's first part, and of its first row, in the run. */
  readonly firstPart: number
  readonly firstRow: number
  readonly rows: number
  /** Sessions that end here. */
  readonly close: readonly string[]
  /** Entries of the frames that went in, and this stage's own. */
  readonly trace: readonly TraceEntry[]
}

/** Turns a run's result into messages for one pipeline's output link. Called in order, once per pipeline. */
export type ComposeMessages = (frame: OutgoingFrame) => readonly Message[]

/** What came out of a run. */
export interface RunResult {
  readonly compose: ComposeMessages
  /** Sessions that failed by themselves while the others went on; their parts still stand in the frames to compose. */
  readonly failures: readonly { readonly session: WorkSession; readonly error: ShardlineError }[]
}

/**
 * What a role does to the rows of its pipelines; the {@link StageLoop} calls it, one call at a time.
 * Worker and validator differ only in this.
 */
export interface StageWork {
  /** Width of the hidden states that it takes. */
  readonly hiddenSize: number
  /** Hashes of the rows of its proven sessions, which receipts are signed for. */
  readonly evidence: EvidenceBook
  /** Makes room for a session of `capacity` tokens. What it throws ends the session. */
  open(session: WorkSession, capacity: number, isProven: boolean): void
  /**
   * Computes. When it rejects, every session can be rolled back to where it was, so that the loop finds the guilty one
   * by running each alone.
   */
  run(batch: WorkBatch): Promise<RunResult>
  /** Makes messages of a frame without rows. */
  readonly composeControl: ComposeMessages
  /** Frees a session that was opened: after the messages of its last frame were made, or when it failed. */
  close(session: WorkSession): void
}
