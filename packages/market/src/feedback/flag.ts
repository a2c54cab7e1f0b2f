import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { FeedbackRefusedError } from '../errors.ts'
import { nowMs } from '../now-ms.ts'
import { countWork, partiesOf } from '../reputation/update-reputation.ts'
import type { FlagInit } from '../request/inputs.ts'
import { lockRequest } from '../request/request-row.ts'
import type { RequestRow } from '../request/request-row.ts'
import { chargeFeedback } from './charge-feedback.ts'
import { checkFeedback } from './check-feedback.ts'

/**
 * The user says that an answer was no success: it counts against everyone who took part. Costs a fee, so that lying
 * costs; it can't be taken back. Again with the same reason has no further effect and no further cost.
 *
 * The fee is taken first: whoever is cut off in between is not charged again when the flag is sent again.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, CreditsInsufficientError
 * @throws FeedbackRefusedError when it's not completed, ended too long ago, or was flagged for another reason.
 */
export async function flag(context: MarketContext, who: PartyId, init: FlagInit): Promise<void> {
  const isKnown = await inMarketTransaction(context, async (transaction) => {
    const row = await lockRequest(transaction, init.id)
    return check(context, transaction, { row, who, init })
  })
  if (isKnown) return
  await chargeFeedback(context, { who, request: init.id, what: 'flag' })
  await inMarketTransaction(context, async (transaction) => {
    const row = await lockRequest(transaction, init.id)
    if (await isFlagged(transaction, init)) return
    await transaction
      .insertInto('market.flags')
      .values({ request: init.id, reason: init.reason, at_ms: nowMs(context) })
      .execute()
    await countWork(transaction, partiesOf(row), 'flagged')
  })
}

async function check(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, who, init }: { readonly row: RequestRow; readonly who: PartyId; readonly init: FlagInit },
): Promise<boolean> {
  const isKnown = row.payer === who && (await isFlagged(transaction, init))
  if (!isKnown) checkFeedback(context, row, who)
  return isKnown
}

/** @throws FeedbackRefusedError when it's flagged for another reason. */
async function isFlagged(transaction: MarketTransaction, { id, reason }: FlagInit): Promise<boolean> {
  const known = await transaction
    .selectFrom('market.flags')
    .select('reason')
    .where('request', '=', id)
    .executeTakeFirst()
  if (known !== undefined && known.reason !== reason) {
    throw new FeedbackRefusedError(id, `it was flagged as ${known.reason} before`)
  }
  return known !== undefined
}
