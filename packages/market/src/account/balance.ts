import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { partyAccount } from '../ids.ts'
import type { Balance } from '../market.ts'

/** What a party has; nothing, if it never had anything. */
export async function balance({ ledger }: Pick<MarketContext, 'ledger'>, party: PartyId): Promise<Balance> {
  const [account] = await ledger.lookupAccounts([partyAccount(party)])
  if (account === undefined) return { party, available: 0n, held: 0n }
  const held = account.debitsPending
  return { party, available: account.creditsPosted - account.debitsPosted - held, held }
}
