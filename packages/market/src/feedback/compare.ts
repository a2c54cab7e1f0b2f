import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { FeedbackRefusedError, MarketInputError } from '../errors.ts'
import { nowMs } from '../now-ms.ts'
import { countWork } from '../reputation/update-reputation.ts'
import type { CompareInit } from '../request/inputs.ts'
import { lockRequest } from '../request/request-row.ts'
import type { RequestRow } from '../request/request-row.ts'
import { chargeFeedback } from './charge-feedback.ts'
import { checkFeedback } from './check-feedback.ts'
import { promptCommitment } from './commitment.ts'

const HASH = /^[0-9a-f]{64}$/

interface Pair {
  readonly preferred: RequestRow
  readonly other: RequestRow
}

/**
 * The user ran one prompt on two drivers and says which answer it preferred: both drivers' comparisons go up, and the
 * preference of one. That the prompts were equal is shown by opening the commitments that the requests were opened
 * with. Costs a fee; a request can be compared once. The same again has no further effect and no further cost.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, MarketInputError, CreditsInsufficientError, FeedbackRefusedError
 */
export async function compare(context: MarketContext, who: PartyId, init: CompareInit): Promise<void> {
  checkInput(init)
  const isKnown = await inMarketTransaction(context, async (transaction) => {
    const pair = await lockPair(transaction, init)
    if (pair.preferred.payer === who && (await isCompared(transaction, init))) return true
    checkFeedback(context, pair.preferred, who)
    checkFeedback(context, pair.other, who)
    checkPair(pair, init)
    return false
  })
  if (isKnown) return
  await chargeFeedback(context, { who, request: init.preferred, what: `compare/${init.other}` })
  await inMarketTransaction(context, async (transaction) => {
    const { preferred, other } = await lockPair(transaction, init)
    if (await isCompared(transaction, init)) return
    await transaction
      .insertInto('market.comparisons')
      .values({ preferred: init.preferred, other: init.other, at_ms: nowMs(context) })
      .execute()
    await countWork(transaction, [preferred.driver as PartyId, other.driver as PartyId], 'compared')
    await countWork(transaction, [preferred.driver as PartyId], 'preferred')
  })
}

function checkInput({ preferred, other, promptKey, salts }: CompareInit): void {
  if (preferred === other) throw new MarketInputError('other', other, 'another request than the preferred')
  for (const [field, value] of Object.entries({
    promptKey,
    'salts.preferred': salts.preferred,
    'salts.other': salts.other,
  })) {
    if (!HASH.test(value)) throw new MarketInputError(field, value, '32 bytes in lower-case hex')
  }
}

/** Locks both rows in the order of their ids, so that two comparisons never wait for each other. */
async function lockPair(transaction: MarketTransaction, init: CompareInit): Promise<Pair> {
  if (init.preferred < init.other) {
    const preferred = await lockRequest(transaction, init.preferred)
    return { preferred, other: await lockRequest(transaction, init.other) }
  }
  const other = await lockRequest(transaction, init.other)
  return { preferred: await lockRequest(transaction, init.preferred), other }
}

function checkPair({ preferred, other }: Pair, { promptKey, salts }: CompareInit): void {
  if (preferred.model !== other.model) {
    throw new FeedbackRefusedError(preferred.id, `the requests are of ${preferred.model} and ${other.model}`)
  }
  if (preferred.driver === other.driver) {
    throw new FeedbackRefusedError(preferred.id, 'both requests had the same driver')
  }
  checkOpening(preferred, salts.preferred, promptKey)
  checkOpening(other, salts.other, promptKey)
}

function checkOpening(row: RequestRow, salt: string, promptKey: string): void {
  if (row.prompt_commitment === null) {
    throw new FeedbackRefusedError(row.id, 'it was opened without a commitment to its prompt')
  }
  if (row.prompt_commitment !== promptCommitment({ salt, promptKey })) {
    throw new FeedbackRefusedError(row.id, 'its commitment is to another prompt key or salt')
  }
}

/** @throws FeedbackRefusedError when one of the two was compared with a third, or the other way round. */
async function isCompared(
  transaction: MarketTransaction,
  { preferred, other }: CompareInit,
): Promise<boolean> {
  const both = [preferred, other]
  const known = await transaction
    .selectFrom('market.comparisons')
    .selectAll()
    .where((where) => where.or([where('preferred', 'in', both), where('other', 'in', both)]))
    .executeTakeFirst()
  if (known === undefined) return false
  if (known.preferred === preferred && known.other === other) return true
  throw new FeedbackRefusedError(preferred, 'one of the two was compared before')
}
