import { ManualClock, SeededRandom } from '@shardline/core'
import type { AccountId, AccountInit, Ledger, LedgerDatabase, MoveInit, TransferId } from '@shardline/ledger'
import { timeOrderedId } from '@shardline/ledger'

/** Makes ids that no other test of the run makes. */
export class Ids {
  readonly #clock = new ManualClock(1_700_000_000_000)
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  transfer(): TransferId {
    this.#clock.advance(1)
    return timeOrderedId(this.#clock, this.#random)
  }

  account(): AccountId {
    return this.transfer() as string as AccountId
  }
}

/** Opens an empty database; the suite opens the ledger. */
export type OpenEmpty = () => Promise<LedgerDatabase>

/** Makes accounts of ledger 1, and tells their ids. */
export async function makeAccounts<const Inits extends readonly Partial<AccountInit>[]>(
  ledger: Ledger,
  ids: Ids,
  inits: Inits,
): Promise<{ readonly [Index in keyof Inits]: AccountId }> {
  const accounts = inits.map((init) => ({ id: ids.account(), ledger: 1, code: 1, ...init }))
  const outcomes = await ledger.createAccounts(accounts)
  for (const { status } of outcomes) if (status !== 'created') throw new Error(`an account is ${status}`)
  return accounts.map(({ id }) => id) as { [Index in keyof Inits]: AccountId }
}

/** A transfer of ledger 1 with a new id. */
export function moveOf(
  ids: Ids,
  [debitAccountId, creditAccountId]: readonly [AccountId, AccountId],
  init: Partial<MoveInit> = {},
): MoveInit {
  return { id: ids.transfer(), debitAccountId, creditAccountId, amount: 10n, ledger: 1, code: 1, ...init }
}

/** The seed of a randomised test: from the environment, or new; printed so that a failure can be replayed. */
export function testSeed(t: { comment(text: string): void }): number {
  const given = process.env['SEED']
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
  t.comment(`SEED=${seed}`)
  return seed
}

/** Whether the long forms were asked for. */
export const isSoak: boolean = process.env['SHARDLINE_SOAK'] === '1'
