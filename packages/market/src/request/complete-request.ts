import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { countCompleted } from '../reputation/update-reputation.ts'
import { planSettlement } from '../settlement/plan-settlement.ts'
import { writePlan } from '../settlement/settlement-plan.ts'
import { changeState } from './change-state.ts'
import { failRequest } from './fail-request.ts'
import type { RequestRow } from './request-row.ts'

/** Whether the user got all that was delivered, and that's something: then nothing is left to wait for. */
export function isAcknowledged(row: RequestRow): boolean {
  return (
    hasBillable(row) &&
    row.acknowledged_prompt >= row.delivered_prompt &&
    row.acknowledged_output >= row.delivered_output
  )
}

/**
 * Ends a delivered request: billed by what was both delivered and acknowledged. When that's nothing, the request fails
 * with everything given back, and nobody's reputation changes.
 */
export async function completeRequest(
  context: MarketContext,
  transaction: MarketTransaction,
  row: RequestRow,
): Promise<RequestRow> {
  if (!hasBillable(row)) {
    // The market can't tell whether nothing came or the user is silent: nobody is marked.
    return failRequest(context, transaction, { row, reason: 'nothing-acknowledged', isMarked: false })
  }
  const plan = await planSettlement(context, transaction, row)
  const set = { settlement: 'due', settlement_plan: writePlan(plan) }
  const changed = await changeState(context, transaction, {
    row,
    change: { event: 'settle', reason: 'settled', set },
  })
  await countCompleted(transaction, row)
  return changed
}

function hasBillable(row: RequestRow): boolean {
  return (
    Math.min(row.delivered_prompt, row.acknowledged_prompt) +
      Math.min(row.delivered_output, row.acknowledged_output) >
    0
  )
}
