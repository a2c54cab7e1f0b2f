import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { changeState } from './change-state.ts'
import { failRequest } from './fail-request.ts'
import type { RequestRow } from './request-row.ts'

/**
 * Puts a claimed or running request back in line at its locked price, or fails it when its attempts are used up. Counts
 * and participants belong to the fence under which they were given, so the next claim starts without them.
 */
export function giveBack(
  context: MarketContext,
  transaction: MarketTransaction,
  row: RequestRow,
): Promise<RequestRow> {
  if (row.attempts >= context.settings.attemptsMax) {
    return failRequest(context, transaction, { row, reason: 'attempts-used-up', isMarked: true })
  }
  const set = {
    lease_until_ms: null,
    claimed_at_ms: null,
    claim_key: null,
    participants: null,
    receipts: null,
    delivered_prompt: 0,
    delivered_output: 0,
    acknowledged_prompt: 0,
    acknowledged_output: 0,
  }
  return changeState(context, transaction, { row, change: { event: 'requeue', set } })
}
