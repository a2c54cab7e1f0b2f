import { derivedId } from '@shardline/ledger'
import type { AccountId, AccountInit, Ledger, TransferInit } from '@shardline/ledger'

const account = (name: string): AccountId => derivedId(`kill/account/${name}`) as string as AccountId

type Party = 'bank' | 'payer' | 'escrow' | 'driver' | 'worker' | 'validator' | 'fee'

/** Who takes part in a settlement. */
export const PARTIES: Readonly<Record<Party, AccountId>> = {
  bank: account('bank'),
  payer: account('payer'),
  escrow: account('escrow'),
  driver: account('driver'),
  worker: account('worker'),
  validator: account('validator'),
  fee: account('fee'),
}

/** What the payer has at first. */
export const DEPOSIT = 1_000_000_000n

/** All accounts: payer and escrow can't go below nothing. */
export function partyInits(): readonly AccountInit[] {
  return Object.entries(PARTIES).map(([name, id]) => ({
    id,
    ledger: 1,
    code: 1,
    limit: name === 'payer' || name === 'escrow' ? 'debits_must_not_exceed_credits' : 'none',
  }))
}

/** Amounts of a request: what is held, and what each gets of it. */
export function sharesOf(
  request: number,
): Readonly<Record<'held' | 'driver' | 'worker' | 'validator' | 'fee', bigint>> {
  const part = BigInt(1 + (request % 7))
  return { held: 150n * part, driver: 15n * part, worker: 63n * part, validator: 12n * part, fee: 10n * part }
}

/** The hold of a request, and the chain that settles it: the billed part is posted and split, the rest goes back. */
export function settlementOf(request: number): readonly [readonly TransferInit[], readonly TransferInit[]] {
  const shares = sharesOf(request)
  const id = (leg: string) => derivedId(`kill/${request}/${leg}`)
  const billed = shares.driver + shares.worker + shares.validator + shares.fee
  const common = { ledger: 1, code: 1, userData: String(request) }
  const hold: TransferInit = {
    ...common,
    id: id('hold'),
    kind: 'pending',
    debitAccountId: PARTIES.payer,
    creditAccountId: PARTIES.escrow,
    amount: shares.held,
  }
  const leg = (to: 'driver' | 'worker' | 'validator' | 'fee'): TransferInit => ({
    ...common,
    id: id(to),
    debitAccountId: PARTIES.escrow,
    creditAccountId: PARTIES[to],
    amount: shares[to],
    isLinked: to !== 'fee',
  })
  const post: TransferInit = {
    id: id('post'),
    kind: 'post',
    pendingId: hold.id,
    amount: billed,
    isLinked: true,
  }
  return [[hold], [post, leg('driver'), leg('worker'), leg('validator'), leg('fee')]]
}

/** Settles a request, whatever was done of it before. Throws if the ledger says anything but done. */
export async function settle(ledger: Ledger, request: number): Promise<'created' | 'exists'> {
  const [hold, chain] = settlementOf(request)
  const [held] = await ledger.createTransfers(hold)
  if (held?.status !== 'created' && held?.status !== 'exists') throw new Error(`the hold is ${held?.status}`)
  const statuses = (await ledger.createTransfers(chain)).map(({ status }) => status)
  if (statuses.every((status) => status === 'created')) return 'created'
  if (statuses[0] === 'exists') return 'exists'
  throw new Error(`the settlement is ${statuses.join(', ')}`)
}
