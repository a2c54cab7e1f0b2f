import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { FenceStaleError, RequestStateError } from '../errors.ts'
import { settleNow } from '../settlement/settle-request.ts'
import { checkCounts } from './check-event.ts'
import { completeRequest, isAcknowledged } from './complete-request.ts'
import type { AcknowledgeInit } from './inputs.ts'
import { checkUser, lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Request } from './request.ts'
import { toRequest } from './to-request.ts'

/**
 * The user says how many tokens it got, in all, under the current fence. An older, lower count changes nothing. With
 * everything delivered and acknowledged, the request is completed and paid at once.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, RequestStateError
 * @throws FenceStaleError when the counts are of a claim that lapsed: these tokens are not billed.
 * @throws MarketInputError when a count is more than was asked for.
 */
export async function acknowledge(
  context: MarketContext,
  who: PartyId,
  init: AcknowledgeInit,
): Promise<Request> {
  const row = await inMarketTransaction(context, async (transaction) => {
    const locked = await lockRequest(transaction, init.id)
    checkUser(locked, who, 'acknowledge it')
    checkCounts(locked, 'received', init.received)
    if (isKnown(locked, init)) return locked
    if (locked.state !== 'RUNNING' && locked.state !== 'DELIVERED') {
      throw new RequestStateError(locked.id, locked.state, 'acknowledge')
    }
    if (init.fence !== undefined && init.fence !== locked.fence) {
      throw new FenceStaleError(locked.id, init.fence, locked.fence)
    }
    const updated = await store(transaction, locked, init)
    const isDone = updated.state === 'DELIVERED' && isAcknowledged(updated)
    return isDone ? completeRequest(context, transaction, updated) : updated
  })
  return toRequest(await settleNow(context, row))
}

/** Whether this was acknowledged before a request was completed: the user lost the answer. */
function isKnown(row: RequestRow, { received }: AcknowledgeInit): boolean {
  return (
    row.state === 'COMPLETED' &&
    received.prompt <= row.acknowledged_prompt &&
    received.output <= row.acknowledged_output
  )
}

function store(
  transaction: MarketTransaction,
  row: RequestRow,
  { received }: AcknowledgeInit,
): Promise<RequestRow> {
  return transaction
    .updateTable('market.requests')
    .set({
      acknowledged_prompt: Math.max(row.acknowledged_prompt, received.prompt),
      acknowledged_output: Math.max(row.acknowledged_output, received.output),
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}
