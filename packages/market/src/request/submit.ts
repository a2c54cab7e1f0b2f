import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { RequestExistsError, RequestStateError } from '../errors.ts'
import { nowMs } from '../now-ms.ts'
import { changeState } from './change-state.ts'
import { checkDeadline, checkEvent } from './check-event.ts'
import type { SubmitInit } from './inputs.ts'
import { checkUser, lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Request } from './request.ts'
import { sealedBytes } from './sealed-bytes.ts'
import { toRequest } from './to-request.ts'

/**
 * Puts an open request in its driver's queue, with the ciphertext that only the driver opens. From then on its tokens
 * count as demand. Sent again with the same ciphertext it changes nothing.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, MarketInputError, MarketLimitError, RequestStateError,
 * RequestExistsError if another ciphertext was submitted before.
 */
export function submit(context: MarketContext, who: PartyId, init: SubmitInit): Promise<Request> {
  const sealed = sealedBytes(context, init.sealedPrompt)
  return inMarketTransaction(context, async (transaction) => {
    const row = await lockRequest(transaction, init.id)
    checkUser(row, who, 'submit it')
    if (row.submitted_at_ms !== null) return toRequest(await sameAgain(transaction, row, sealed))
    checkEvent(row, 'submit')
    checkDeadline(row, nowMs(context), 'submit')
    if (!row.is_held) throw new RequestStateError(row.id, 'QUOTED without its escrow', 'submit')
    await transaction.insertInto('market.sealed_prompts').values({ request: row.id, sealed }).execute()
    const set = { submitted_at_ms: nowMs(context) }
    return toRequest(await changeState(context, transaction, { row, change: { event: 'submit', set } }))
  })
}

async function sameAgain(
  transaction: MarketTransaction,
  row: RequestRow,
  sealed: Uint8Array,
): Promise<RequestRow> {
  const before = await transaction
    .selectFrom('market.sealed_prompts')
    .select('sealed')
    .where('request', '=', row.id)
    .executeTakeFirst()
  if (before === undefined) throw new RequestStateError(row.id, row.state, 'submit')
  if (!Buffer.from(before.sealed).equals(sealed)) throw new RequestExistsError(row.id, 'sealed prompt')
  return row
}
