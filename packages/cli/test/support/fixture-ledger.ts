import { ManualClock, SeededRandom } from '@shardline/core'
import { accountId, ed25519Signer, openDatabase, openLedger, timeOrderedId } from '@shardline/ledger'
import type { AccountId, MoveInit, SignedCheckpoint, Signer } from '@shardline/ledger'
import { createPrivateKey } from 'node:crypto'

/** Ed25519 keys in PKCS #8 begin like this, and the 32 bytes follow. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A signer whose key is the same in every run. */
export function fixtureSigner(name: string): Signer {
  const seed = Buffer.from(name.padEnd(32, '.')).subarray(0, 32)
  return ed25519Signer(
    name,
    createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' }),
  )
}

/** What was written to a {@link fillLedger}. */
export interface FixtureLedger {
  readonly accounts: readonly [bank: AccountId, alice: AccountId, bob: AccountId]
  readonly transfers: readonly MoveInit[]
  /** Over the first half of the entries. */
  readonly middle: SignedCheckpoint
  readonly end: SignedCheckpoint
}

/** Makes a ledger: three accounts (entries 0 to 2), then as many transfers as given, every tenth of them a hold. */
export async function fillLedger(
  location: string,
  options: { readonly transfers: number; readonly amount?: bigint },
): Promise<FixtureLedger> {
  await using database = await openDatabase(location)
  const clock = new ManualClock(1_700_000_000_000)
  await using ledger = await openLedger({ database, clock, signer: fixtureSigner('ledger.example') })
  const random = new SeededRandom(5)
  const newId = () => {
    clock.advance(1)
    return timeOrderedId(clock, random)
  }
  const [bank, alice, bob] = [accountId(newId()), accountId(newId()), accountId(newId())]
  await ledger.createAccounts([
    { id: bank, ledger: 1, code: 1 },
    { id: alice, ledger: 1, code: 2, limit: 'debits_must_not_exceed_credits', userData: 'alice' },
    { id: bob, ledger: 1, code: 2, limit: 'debits_must_not_exceed_credits' },
  ])
  const transfers = Array.from({ length: options.transfers }, (_, i): MoveInit => ({
    id: newId(),
    debitAccountId: bank,
    creditAccountId: i % 2 === 0 ? alice : bob,
    amount: (options.amount ?? 1_250_000n) + BigInt(i),
    ledger: 1,
    code: 1,
    kind: i % 10 === 9 ? 'pending' : 'single',
  }))
  const half = Math.floor(transfers.length / 2)
  await ledger.createTransfers(transfers.slice(0, half))
  const middle = await ledger.checkpoint()
  await ledger.createTransfers(transfers.slice(half))
  const end = await ledger.checkpoint()
  return { accounts: [bank, alice, bob], transfers, middle, end }
}
