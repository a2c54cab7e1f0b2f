import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import { nowMs } from '../now-ms.ts'
import { settleNow } from '../settlement/settle-request.ts'
import { checkDeadline, checkEvent } from './check-event.ts'
import { failRequest } from './fail-request.ts'
import type { GiveUpInit } from './inputs.ts'
import { checkClaim, lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Request } from './request.ts'
import { toRequest } from './to-request.ts'

/** Ends that giving up leads to; the last one where receipts had been refused under this claim. */
const GIVEN_UP: readonly (string | null)[] = ['not-answered', 'proof-lost', 'proof-rejected']

/**
 * Ends a claimed request for which its driver can't hand in anything any more: nobody is billed, and the user has all of
 * its escrow back at once. Unlike a request that is released, no further claim answers it. Again under the same fence
 * gives the same answer.
 *
 * The driver is marked if the request ran: it chose the pipeline. Before that nothing was begun, and the prompt may be to
 * blame, which the market can't read.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, FenceStaleError, RequestStateError
 */
export async function giveUp(context: MarketContext, who: PartyId, init: GiveUpInit): Promise<Request> {
  const row = await inMarketTransaction(context, async (transaction) => {
    const locked = await lockRequest(transaction, init.id)
    checkClaim(locked, who, { init, what: 'give it up' })
    if (isGivenUp(locked)) return locked
    checkEvent(locked, 'give-up')
    checkDeadline(locked, nowMs(context), 'give-up')
    const isMarked = locked.state === 'RUNNING'
    return failRequest(context, transaction, { row: locked, reason: init.reason, isMarked })
  })
  return toRequest(await settleNow(context, row))
}

function isGivenUp(row: RequestRow): boolean {
  return row.state === 'FAILED' && GIVEN_UP.includes(row.end_reason)
}
