import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { readReceipts } from '../proof/stored-receipts.ts'
import { countFailed } from '../reputation/update-reputation.ts'
import { refundPlan, writePlan } from '../settlement/settlement-plan.ts'
import { changeState } from './change-state.ts'
import type { RequestRow } from './request-row.ts'
import type { EndReason } from './request.ts'

/** Why a request fails. */
export type FailReason = Extract<
  EndReason,
  | 'attempts-used-up'
  | 'deadline-passed'
  | 'proof-rejected'
  | 'nothing-acknowledged'
  | 'not-answered'
  | 'proof-lost'
>

/** Which request fails, and how. */
export interface Failing {
  readonly row: RequestRow
  readonly reason: FailReason
  /** Whether it counts as a failure of its driver. */
  readonly isMarked: boolean
}

/**
 * Fails a request, with everything given back: a bill needs receipts that were accepted, and with these a request is
 * DELIVERED and no longer fails for a lease or deadline. When receipts were refused under the current fence, that is
 * the reason.
 *
 * The driver chose the pipeline, so it alone gets the mark, if there is one: else it could harm others by naming them.
 */
export async function failRequest(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, reason, isMarked }: Failing,
): Promise<RequestRow> {
  const isRefused = readReceipts(row.receipts)?.refused !== undefined
  const set = {
    lease_until_ms: null,
    settlement: 'due',
    settlement_plan: writePlan(refundPlan(row.hold)),
  }
  const changed = await changeState(context, transaction, {
    row,
    change: {
      event: isGivenUp(reason) ? 'give-up' : 'fail',
      reason: isRefused ? 'proof-rejected' : reason,
      set,
    },
  })
  if (isMarked) await countFailed(transaction, row)
  return changed
}

function isGivenUp(reason: FailReason): boolean {
  return reason === 'not-answered' || reason === 'proof-lost'
}
