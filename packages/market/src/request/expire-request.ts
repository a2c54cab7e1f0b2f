import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { refundPlan, writePlan } from '../settlement/settlement-plan.ts'
import { changeState } from './change-state.ts'
import type { RequestRow } from './request-row.ts'
import type { EndReason } from './request.ts'

/** Ends a request that nobody took up; everything is given back. */
export function expireRequest(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, reason }: { readonly row: RequestRow; readonly reason: EndReason },
): Promise<RequestRow> {
  const set = { settlement: 'due', settlement_plan: writePlan(refundPlan(row.hold)) }
  return changeState(context, transaction, { row, change: { event: 'expire', reason, set } })
}
