import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { RequestId } from '../ids.ts'
import { nowMs } from '../now-ms.ts'
import { cancelFee } from '../price/fair-price.ts'
import { settleNow } from '../settlement/settle-request.ts'
import { feePlan, writePlan } from '../settlement/settlement-plan.ts'
import { changeState } from './change-state.ts'
import { checkEvent } from './check-event.ts'
import { checkUser, lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Request } from './request.ts'
import { toRequest } from './to-request.ts'

/**
 * Takes a request back that waits. One that was submitted has moved the price for others, so a part of its escrow stays
 * with the market; all else is refunded. Where a driver had claimed it and let it go, all is: it isn't the user who changed
 * its mind. Sent again it changes nothing.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, RequestStateError once it's claimed or over.
 */
export async function cancel(context: MarketContext, who: PartyId, id: RequestId): Promise<Request> {
  const row = await inMarketTransaction(context, async (transaction) => {
    const before = await lockRequest(transaction, id)
    checkUser(before, who, 'cancel it')
    if (before.state === 'CANCELLED') return before
    checkEvent(before, 'cancel')
    const fee = isCharged(context, before) ? cancelFee(before.hold, context.settings.cancelFeeBps) : 0n
    const set = { settlement: 'due', settlement_plan: writePlan(feePlan(before.hold, fee)) }
    const change = { event: 'cancel', reason: 'cancelled-by-user', set } as const
    return changeState(context, transaction, { row: before, change })
  })
  return toRequest(await settleNow(context, row))
}

/** Past its deadline a request would have expired for nothing a moment later. */
function isCharged(context: MarketContext, { state, attempts, deadline_ms }: RequestRow): boolean {
  return state === 'PENDING' && attempts === 0 && deadline_ms > nowMs(context)
}
