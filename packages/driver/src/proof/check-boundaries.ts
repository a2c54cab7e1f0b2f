import type { ReceiptWindow } from '@shardline/identity'
import { ReceiptMismatchError } from './proof-errors.ts'
import type { StageReceipts } from './stage-receipts.ts'

/**
 * Checks, for each window that both sides of a boundary have in full, that one took what the other gave.
 *
 * @param parties in the order in which rows pass them.
 * @throws ReceiptMismatchError for the first window that differs, naming both sides.
 */
export function checkBoundaries(parties: readonly StageReceipts[]): void {
  for (const [index, taker] of parties.entries()) {
    const giver = parties[index - 1]
    if (giver === undefined || taker.stage === undefined) continue
    for (const [session, windows] of giver.windows.entries()) {
      const given = firstDifference(windows, taker.windows[session] ?? [])
      if (given === undefined) continue
      const { position, rows } = given
      throw new ReceiptMismatchError({ giver: giver.stage, taker: taker.stage }, { session, position, rows })
    }
  }
}

function firstDifference(
  given: readonly ReceiptWindow[],
  taken: readonly ReceiptWindow[],
): ReceiptWindow | undefined {
  const inputs = new Map(taken.map((window) => [window.position, window]))
  return given.find(({ position, rows, output }) => {
    const window = inputs.get(position)
    return window?.rows === rows && window.input !== output
  })
}
