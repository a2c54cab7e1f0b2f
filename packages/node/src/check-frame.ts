import type { HiddenMessage } from '@shardline/wire'
import { FrameInvalidError } from './errors.ts'

/**
 * Checks a frame against itself and the width that the stage takes; undefined means it is sound.
 * The schema of the message bounds single fields; this is about their sum.
 */
export function checkFrame(frame: HiddenMessage, hiddenSize: number): FrameInvalidError | undefined {
  if (frame.hiddenSize !== hiddenSize) {
    return new FrameInvalidError(
      `the frame has rows of ${frame.hiddenSize} numbers; this stage takes ${hiddenSize}`,
      {
        details: { given: frame.hiddenSize, allowed: hiddenSize },
      },
    )
  }
  let rows = 0
  for (const segment of frame.segments) {
    if (!isCount(segment.rows) || segment.rows === 0 || !isCount(segment.position)) {
      return new FrameInvalidError(
        `a segment of ${segment.rows} rows from position ${segment.position} was given; both are whole numbers, rows from 1`,
      )
    }
    rows += segment.rows
  }
  if (rows * hiddenSize === frame.payload.length) return undefined
  return new FrameInvalidError(
    `the frame names ${rows} rows of ${hiddenSize} but holds ${frame.payload.length} numbers`,
    {
      details: { rows, hiddenSize, numbers: frame.payload.length },
    },
  )
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
