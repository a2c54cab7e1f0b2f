import type { BatchSegment } from './stage.ts'

/** Where the rows of a ragged run go: the values of the index inputs of a stage's graph. */
export interface RaggedLayout {
  readonly rows: number
  /** i64 `[rows + branches]`: for each branch its rows, then its last row once more. */
  readonly padIndex: readonly number[]
  /** i64 `[branches]`: rows of each branch, the one more included. */
  readonly padSizes: readonly number[]
  /** i64 `[rows]`: where the rows are among the padded ones. */
  readonly keepIndex: readonly number[]
}

/**
 * Lays out segments over branches. Branches beyond the segments are idle: they get one row that nobody reads.
 */
export function layOutRagged(
  segments: readonly Pick<BatchSegment, 'rows'>[],
  branches: number,
): RaggedLayout {
  const padIndex: number[] = []
  const padSizes: number[] = []
  const keepIndex: number[] = []
  let row = 0
  for (const segment of segments) {
    for (let i = 0; i < segment.rows; i++) {
      keepIndex.push(padIndex.length)
      padIndex.push(row++)
    }
    padIndex.push(row - 1)
    padSizes.push(segment.rows + 1)
  }
  for (let idle = segments.length; idle < branches; idle++) {
    padIndex.push(0)
    padSizes.push(1)
  }
  return { rows: row, padIndex, padSizes, keepIndex }
}
