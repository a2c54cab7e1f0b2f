import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { MarketInputError, RequestExistsError, SettlementRefusedError } from '../errors.ts'
import { MARKET_ACCOUNTS, partyAccount } from '../ids.ts'
import { DEPOSIT_MAX } from '../limits.ts'
import type { Balance, DepositInit } from '../market.ts'
import { balance } from './balance.ts'
import { checkOperator } from './check-operator.ts'
import { CREDITS_LEDGER, TRANSFER_CODES, makePartyAccounts } from './credits.ts'

const DIFFERENT = 'exists_with_different_'

/**
 * Gives credits to a party, once per id: whoever isn't sure whether it took place sends it again.
 *
 * @throws MarketForbiddenError, MarketInputError, RequestExistsError if the id was used for another deposit.
 */
export async function deposit(context: MarketContext, who: PartyId, init: DepositInit): Promise<Balance> {
  checkOperator(context, who, 'deposit credits')
  if (init.amount < 1n || init.amount > DEPOSIT_MAX) {
    throw new MarketInputError('amount', String(init.amount), `from 1 to ${DEPOSIT_MAX} microcredits`)
  }
  await makePartyAccounts(context.ledger, [init.party])
  const [outcome] = await context.ledger.createTransfers([
    {
      id: init.id,
      debitAccountId: MARKET_ACCOUNTS.mint,
      creditAccountId: partyAccount(init.party),
      amount: init.amount,
      ledger: CREDITS_LEDGER,
      code: TRANSFER_CODES.deposit,
    },
  ])
  const status = outcome?.status ?? 'linked_event_failed'
  if (status === 'created' || status === 'exists') return balance(context, init.party)
  if (status.startsWith(DIFFERENT)) throw new RequestExistsError(init.id, status.slice(DIFFERENT.length))
  if (status === 'id_reserved' || status === 'id_must_not_be_zero') {
    throw new MarketInputError('deposit id', init.id, 'a UUID that is not all zeros and not of version 14')
  }
  throw new SettlementRefusedError(init.id, [status])
}
