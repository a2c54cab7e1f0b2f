import type { PartyId } from '@shardline/identity'
import { CREDITS_LEDGER, TRANSFER_CODES, makePartyAccounts, readAvailable } from '../account/credits.ts'
import type { MarketContext } from '../context.ts'
import { CreditsInsufficientError, SettlementRefusedError } from '../errors.ts'
import { MARKET_ACCOUNTS, legId, partyAccount } from '../ids.ts'
import type { RequestId } from '../ids.ts'
import { FEEDBACK_FEE_TRIES_MAX } from '../limits.ts'

/** Which feedback is paid for. */
export interface FeedbackCharge {
  readonly who: PartyId
  readonly request: RequestId
  /** Tells feedback of one request apart. */
  readonly what: string
}

/**
 * Takes the fee for one feedback, once, however often it's called. An id that the ledger refused for want of credits
 * is used up for good, so each try has its own: who pays later finds the earlier ones failed, and goes on with the next.
 *
 * @throws CreditsInsufficientError, SettlementRefusedError
 */
export async function chargeFeedback(context: MarketContext, charge: FeedbackCharge): Promise<void> {
  const { feedbackFee } = context.settings
  if (feedbackFee === 0n) return
  await makePartyAccounts(context.ledger, [charge.who])
  let status = ''
  for (let attempt = 0; attempt < FEEDBACK_FEE_TRIES_MAX; attempt++) {
    status = await tryCharge(context, charge, attempt)
    if (status === 'created' || status === 'exists') return
    if (status === 'exceeds_credits') throw await insufficient(context, charge)
    if (status !== 'id_already_failed') break
  }
  throw new SettlementRefusedError(charge.request, [status])
}

async function tryCharge(context: MarketContext, charge: FeedbackCharge, attempt: number): Promise<string> {
  const id = legId(charge.request, `feedback/${charge.what}/${attempt}`)
  const [known] = await context.ledger.lookupTransfers([id])
  if (known !== undefined) return 'exists'
  const { feedbackFee } = context.settings
  // Asking first leaves the id unused in all but a race.
  if ((await readAvailable(context.ledger, charge.who)) < feedbackFee) return 'exceeds_credits'
  const [outcome] = await context.ledger.createTransfers([
    {
      id,
      debitAccountId: partyAccount(charge.who),
      creditAccountId: MARKET_ACCOUNTS.fee,
      amount: feedbackFee,
      ledger: CREDITS_LEDGER,
      code: TRANSFER_CODES.feedback,
      userData: charge.request,
    },
  ])
  return outcome?.status ?? ''
}

async function insufficient(
  context: MarketContext,
  { who }: FeedbackCharge,
): Promise<CreditsInsufficientError> {
  const available = await readAvailable(context.ledger, who)
  return new CreditsInsufficientError({
    hold: context.settings.feedbackFee,
    available,
    affordableTokens: 0n,
  })
}
