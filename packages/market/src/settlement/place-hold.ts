import type { PartyId } from '@shardline/identity'
import type { MoveInit } from '@shardline/ledger'
import { CREDITS_LEDGER, TRANSFER_CODES, makePartyAccounts } from '../account/credits.ts'
import type { MarketContext } from '../context.ts'
import { SettlementRefusedError } from '../errors.ts'
import { MARKET_ACCOUNTS, legId, partyAccount } from '../ids.ts'
import type { RequestId } from '../ids.ts'
import type { RequestRow } from '../request/request-row.ts'

/**
 * The transfer that holds a request's escrow: the same for the same row, whoever makes it. It outlives the deadline by
 * the grace that the settings give, so that a market that was down can still settle.
 */
export function holdTransfer(context: Pick<MarketContext, 'settings'>, row: RequestRow): MoveInit {
  return {
    id: legId(row.id as RequestId, 'hold'),
    kind: 'pending',
    debitAccountId: partyAccount(row.payer as PartyId),
    creditAccountId: MARKET_ACCOUNTS.escrow,
    amount: row.hold,
    ledger: CREDITS_LEDGER,
    code: TRANSFER_CODES.hold,
    timeoutMs: Number(row.deadline_ms - row.created_at_ms) + context.settings.holdGraceMs,
    userData: row.id,
  }
}

/**
 * Places the hold of a request, if nobody did: `insufficient` when the payer's free credits didn't cover it when it was
 * first tried, and then for good. Safe to repeat.
 *
 * @throws SettlementRefusedError if the ledger refuses it for any other reason.
 */
export async function placeHold(
  context: Pick<MarketContext, 'ledger' | 'settings'>,
  row: RequestRow,
): Promise<'held' | 'insufficient'> {
  await makePartyAccounts(context.ledger, [row.payer as PartyId])
  const [outcome] = await context.ledger.createTransfers([holdTransfer(context, row)])
  const status = outcome?.status ?? 'linked_event_failed'
  if (status === 'created' || status === 'exists') return 'held'
  if (status === 'exceeds_credits' || status === 'id_already_failed') return 'insufficient'
  throw new SettlementRefusedError(row.id, [status])
}
