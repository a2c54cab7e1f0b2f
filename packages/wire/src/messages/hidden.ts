import type { TraceEntry } from './common.ts'

/** What the validator does with a segment's rows: nothing (more prompt follows), sample from the last, or score all. */
export type SegmentUse = 'none' | 'sample' | 'score'

/** Rows of one session in a frame. */
export interface HiddenSegment {
  readonly session: string
  /** Position of the first row. Less than the session's length means: roll back to it first. */
  readonly position: number
  readonly rows: number
  readonly use: SegmentUse
}

/**
 * Hidden states on their way through the pipeline, and all control that must not overtake them.
 * A receiver first opens `open`, then takes the segments, then closes `close`.
 */
export interface HiddenMessage {
  readonly kind: 'hidden'
  readonly pipeline: string
  readonly epoch: number
  readonly hiddenSize: number
  readonly open: readonly { readonly session: string; readonly capacity: number }[]
  readonly segments: readonly HiddenSegment[]
  readonly close: readonly string[]
  readonly trace: readonly TraceEntry[]
  /** f32 little-endian `[sum of rows, hiddenSize]`: the frame's payload. Empty if there are no segments. */
  readonly payload: Float32Array
}
