import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import { nowMs } from '../now-ms.ts'
import { changeState } from './change-state.ts'
import { checkDeadline, checkDelivered, checkEvent } from './check-event.ts'
import type { ProgressInit } from './inputs.ts'
import { checkClaim, lockRequest } from './request-row.ts'
import type { Request } from './request.ts'
import { toRequest } from './to-request.ts'

/**
 * A driver's heartbeat: says how much is out, and renews the lease.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, FenceStaleError, RequestStateError
 * @throws MarketInputError when a count is less than before, or more than was asked for.
 */
export async function progress(context: MarketContext, who: PartyId, init: ProgressInit): Promise<Request> {
  const row = await inMarketTransaction(context, async (transaction) => {
    const locked = await lockRequest(transaction, init.id)
    checkClaim(locked, who, { init, what: 'report its progress' })
    checkEvent(locked, 'progress')
    checkDeadline(locked, nowMs(context), 'progress')
    checkDelivered(locked, init.delivered)
    const set = {
      delivered_prompt: init.delivered.prompt,
      delivered_output: init.delivered.output,
      lease_until_ms: nowMs(context) + BigInt(context.settings.claimLeaseMs),
    }
    return changeState(context, transaction, { row: locked, change: { event: 'progress', set } })
  })
  return toRequest(row)
}
