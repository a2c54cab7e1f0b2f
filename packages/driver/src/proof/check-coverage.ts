import type { ReceiptWindow } from '@shardline/identity'
import { RECEIPT_WINDOW_ROWS } from '@shardline/identity'
import { ReceiptInvalidError } from './proof-errors.ts'
import type { StageReceipts } from './stage-receipts.ts'

/** Rows of one session that a stage must have seen. */
export interface SessionExtent {
  /** The latest position at which its windows may begin: 0, except for a validator that took over. */
  readonly start: number
  /** Position after the last row. */
  readonly end: number
  /** Whether more rows may have come by now: then `end` is the least. */
  readonly isOpen: boolean
}

/**
 * Checks that a stage's windows cover every position of every session, each once, cut where all are cut.
 *
 * @throws ReceiptInvalidError
 */
export function checkCoverage(receipts: StageReceipts, extents: readonly SessionExtent[]): void {
  const { stage, windows } = receipts
  if (stage === undefined) return
  if (windows.length !== extents.length) {
    throw new ReceiptInvalidError(
      stage,
      `it has windows of ${windows.length} sessions; ${extents.length} were asked for`,
    )
  }
  for (const [session, extent] of extents.entries()) {
    const fault = faultOf(windows[session] ?? [], extent)
    if (fault !== undefined) throw new ReceiptInvalidError(stage, `of choice ${session + 1}, ${fault}`)
  }
}

function faultOf(windows: readonly ReceiptWindow[], extent: SessionExtent): string | undefined {
  const { start, isOpen } = extent
  const last = windows.at(-1)
  const end = isOpen && last !== undefined ? Math.max(extent.end, last.position + last.rows) : extent.end
  let next = windows[0]?.position ?? 0
  if (next > start) return `its windows begin at position ${next}; they must begin at ${start} at the latest`
  for (const { position, rows } of windows) {
    if (position !== next) return `its windows go on at position ${position}; ${next} is the next`
    next = Math.min(end, position - (position % RECEIPT_WINDOW_ROWS) + RECEIPT_WINDOW_ROWS)
    if (position + rows !== next)
      return `its window at position ${position} has ${rows} rows, not ${next - position}`
  }
  return next === end ? undefined : `its windows end at position ${next}; the rows end at ${end}`
}
