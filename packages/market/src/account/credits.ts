import type { PartyId } from '@shardline/identity'
import type { AccountInit, Ledger } from '@shardline/ledger'
import { SettlementRefusedError } from '../errors.ts'
import { partyAccount } from '../ids.ts'

/** The ledger that credits are kept in: all accounts of a market are on it. */
export const CREDITS_LEDGER = 1

/** What kind of account one is. */
export const ACCOUNT_CODES = { mint: 1, escrow: 2, fee: 3, party: 4 } as const

/** What a transfer is for. A post or void bears the code of its hold. */
export const TRANSFER_CODES = { deposit: 1, hold: 2, payout: 3, fee: 4, feedback: 5 } as const

/** A party's account: it can't owe anything. */
export function partyAccountInit(party: PartyId): AccountInit {
  return {
    id: partyAccount(party),
    ledger: CREDITS_LEDGER,
    code: ACCOUNT_CODES.party,
    limit: 'debits_must_not_exceed_credits',
    userData: party,
  }
}

/** Makes the accounts of parties that have none yet. Safe to repeat. */
export async function makePartyAccounts(
  ledger: Pick<Ledger, 'createAccounts'>,
  parties: readonly PartyId[],
): Promise<void> {
  const outcomes = await ledger.createAccounts([...new Set(parties)].map((party) => partyAccountInit(party)))
  const refused = outcomes.filter(({ status }) => status !== 'created' && status !== 'exists')
  if (refused.length > 0) {
    throw new SettlementRefusedError(
      parties.join(', '),
      refused.map(({ status }) => status),
    )
  }
}

/** Microcredits that a party is free to spend: what it got, less what it spent and what is held. */
export async function readAvailable(ledger: Pick<Ledger, 'lookupAccounts'>, party: PartyId): Promise<bigint> {
  const [account] = await ledger.lookupAccounts([partyAccount(party)])
  if (account === undefined) return 0n
  return account.creditsPosted - account.debitsPosted - account.debitsPending
}
