import type { WorkBatch, WorkPart } from '../stage-work.ts'
import type { EvidenceBook } from './evidence-book.ts'
import { hiddenRows } from './row-bytes.ts'
import type { RowBytes } from './row-bytes.ts'

/** A run that has succeeded. */
export interface DigestedRun {
  readonly batch: WorkBatch
  readonly hiddenSize: number
  /** What was given for a part's rows; its first row is row `firstRow` of the run. */
  readonly given: (part: WorkPart, firstRow: number) => RowBytes
}

/** Adds the rows of a run to the evidence of those of its sessions that are proven. */
export function digestRun(evidence: EvidenceBook, { batch, hiddenSize, given }: DigestedRun): void {
  let firstRow = 0
  for (const part of batch.parts) {
    const { session, position, rows } = part
    const taken = hiddenRows(batch.hidden.subarray(firstRow * hiddenSize), hiddenSize)
    evidence.digests(session)?.add({ position, rows, taken, given: given(part, firstRow) })
    firstRow += rows
  }
}
