import type { Epoch } from '@shardline/core'
import type { HiddenMessage, HiddenSegment, SessionOpening } from '@shardline/wire'
import { gatherRows } from '../gather-rows.ts'

/** What every frame of one output says. */
export interface FrameHead {
  readonly pipeline: string
  readonly epoch: Epoch
  readonly hiddenSize: number
}

/** Rows of one session on their way. */
export type FrameRows = HiddenSegment & { readonly hidden: Float32Array }

/** What a frame holds beside its head. */
export interface FrameBody {
  readonly open?: readonly SessionOpening[]
  readonly rows?: readonly FrameRows[]
  readonly close?: readonly string[]
}

/** A frame that is sent for a new formation; its rows were traced when they were given out first. */
export function replayFrame(head: FrameHead, body: FrameBody): HiddenMessage {
  const { open = [], rows = [], close = [] } = body
  return {
    kind: 'hidden',
    ...head,
    open,
    segments: rows.map(({ session, turn, position, rows: count, use }) => ({
      session,
      turn,
      position,
      rows: count,
      use,
    })),
    close,
    trace: [],
    payload: gatherRows(rows.map(({ hidden }) => hidden)),
  }
}

/** The rows of a frame, segment by segment; views of its payload. */
export function rowsOfFrame(frame: HiddenMessage): readonly FrameRows[] {
  let offset = 0
  return frame.segments.map((segment) => {
    const end = offset + segment.rows * frame.hiddenSize
    const hidden = frame.payload.subarray(offset, end)
    offset = end
    return { ...segment, hidden }
  })
}

/** What of `rows` lies at `position` or behind it; undefined if nothing does. */
export function rowsBehind(rows: FrameRows, position: number): FrameRows | undefined {
  const skipped = Math.max(0, position - rows.position)
  if (skipped === 0) return rows
  if (skipped >= rows.rows) return undefined
  const width = rows.hidden.length / rows.rows
  const hidden = rows.hidden.subarray(skipped * width)
  return { ...rows, position, rows: rows.rows - skipped, hidden }
}
