import { Type } from '@sinclair/typebox'
import { HIDDEN_SIZE_MAX, ROWS_PER_FRAME_MAX, SEGMENTS_PER_FRAME_MAX, TRACE_ENTRIES_MAX } from '../limits.ts'
import type { TraceEntry } from './common.ts'
import { traceEntrySchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, list, position, record, whole } from './parts.ts'

/** What the validator does with a segment's rows: nothing (more prompt follows), sample from the last, or score all. */
export type SegmentUse = 'none' | 'sample' | 'score'

/** Rows of one session in a frame. */
export interface HiddenSegment {
  readonly session: string
  /**
   * Counts the times that the driver rolled this session back, from 0. Goes through all stages unchanged, so that a sender
   * can tell which rows of a replaced stage's neighbour are of an earlier turn.
   */
  readonly turn: number
  /** Position of the first row. Less than the session's length means: roll back to it first. */
  readonly position: number
  readonly rows: number
  readonly use: SegmentUse
}

/** A session that begins. */
export interface SessionOpening {
  readonly session: string
  readonly capacity: number
  /** Whether each stage keeps hashes of the rows that it takes and gives, to sign a receipt at the end. */
  readonly isProven: boolean
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
  readonly open: readonly SessionOpening[]
  readonly segments: readonly HiddenSegment[]
  readonly close: readonly string[]
  readonly trace: readonly TraceEntry[]
  /** f32 little-endian `[sum of rows, hiddenSize]`: the frame's payload. Empty if there are no segments. */
  readonly payload: Float32Array
}

const segment = record({
  session: id,
  turn: counter,
  position,
  rows: whole(1, ROWS_PER_FRAME_MAX),
  use: Type.Union([Type.Literal('none'), Type.Literal('sample'), Type.Literal('score')]),
})

/** Schema of the header of {@link HiddenMessage}. */
export const hiddenHeader: HeaderSchema<HiddenMessage> = headerSchema<HiddenMessage>()(
  record({
    pipeline: id,
    epoch: counter,
    hiddenSize: whole(1, HIDDEN_SIZE_MAX),
    open: list(record({ session: id, capacity: position, isProven: Type.Boolean() }), SEGMENTS_PER_FRAME_MAX),
    segments: list(segment, SEGMENTS_PER_FRAME_MAX),
    close: list(id, SEGMENTS_PER_FRAME_MAX),
    trace: list(traceEntrySchema, TRACE_ENTRIES_MAX),
  }),
)
