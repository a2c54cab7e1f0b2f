import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import { settleNow } from '../settlement/settle-request.ts'
import { nowMs } from '../now-ms.ts'
import { checkDeadline, checkEvent } from './check-event.ts'
import { giveBack } from './give-back.ts'
import type { FencedInit } from './inputs.ts'
import { checkClaim, lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Request } from './request.ts'
import { toRequest } from './to-request.ts'

/**
 * Gives a claim back: the request waits for its driver's next claim, or fails when its attempts are used up. Again
 * under the same fence gives the same answer.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, FenceStaleError, RequestStateError
 */
export async function release(context: MarketContext, who: PartyId, init: FencedInit): Promise<Request> {
  const row = await inMarketTransaction(context, async (transaction) => {
    const locked = await lockRequest(transaction, init.id)
    checkClaim(locked, who, { init, what: 'release it' })
    if (isReleased(locked)) return locked
    checkEvent(locked, 'requeue')
    checkDeadline(locked, nowMs(context), 'requeue')
    return giveBack(context, transaction, locked)
  })
  return toRequest(await settleNow(context, row))
}

function isReleased(row: RequestRow): boolean {
  return (
    (row.state === 'PENDING' && row.fence > 0) ||
    (row.state === 'FAILED' && row.end_reason === 'attempts-used-up')
  )
}
