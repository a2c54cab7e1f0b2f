import { systemClock, systemRandom } from '@shardline/core'
import { accountId, derivedId, openLedger, timeOrderedId } from '@shardline/ledger'
import type { AccountId, Ledger, LedgerDatabase, MoveInit } from '@shardline/ledger'
import { ACCOUNTS, LEG_AMOUNTS } from './settlement-subject.ts'
import type { Settlement, SettlementSubject } from './settlement-subject.ts'

/** The ledger, settling by linked chains. */
export interface LedgerSubject extends SettlementSubject {
  /** Entries in the log. */
  entries(): Promise<number>
  /** Writes transfers as fast as it can until the log has at least so many entries. */
  fillTo(entries: number): Promise<void>
}

const FILL_CALL = 8_000

/** Opens the ledger in a database, with its accounts. */
export async function ledgerSubject(database: LedgerDatabase): Promise<LedgerSubject> {
  const ledger = await openLedger({ database, clock: systemClock })
  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => accountId(derivedId(`bench/${i}`)))
  await ledger.createAccounts(accounts.map((id) => ({ id, ledger: 1, code: 1 })))
  const entries = async (): Promise<number> => {
    const { items } = await ledger.transfers({ isReversed: true, limit: 1 })
    return items[0] === undefined ? ACCOUNTS : Number(items[0].logIndex) + 1
  }
  return {
    label: 'ledger',
    settle: async (settlement) => {
      const outcomes = await ledger.createTransfers(legsOf(accounts, settlement))
      if (outcomes.some(({ status }) => status !== 'created')) throw new Error('a settlement was refused')
    },
    entries,
    fillTo: async (wanted) => fill(ledger, accounts, Math.max(0, wanted - (await entries()))),
    [Symbol.asyncDispose]: async () => {
      await ledger.close()
      await database.close()
    },
  }
}

function legsOf(accounts: readonly AccountId[], { from, to }: Settlement): readonly MoveInit[] {
  return to.map((number, index) => ({
    id: timeOrderedId(systemClock, systemRandom),
    debitAccountId: accounts[from] as AccountId,
    creditAccountId: accounts[number] as AccountId,
    amount: LEG_AMOUNTS[index] ?? 0n,
    ledger: 1,
    code: 1,
    isLinked: index < to.length - 1,
  }))
}

async function fill(ledger: Ledger, accounts: readonly AccountId[], transfers: number): Promise<void> {
  for (let done = 0; done < transfers; done += FILL_CALL) {
    const count = Math.min(FILL_CALL, transfers - done)
    await ledger.createTransfers(
      Array.from({ length: count }, (_, i) => ({
        id: timeOrderedId(systemClock, systemRandom),
        debitAccountId: accounts[(done + i) % ACCOUNTS] as AccountId,
        creditAccountId: accounts[(done + i * 7 + 1) % ACCOUNTS] as AccountId,
        amount: 1n,
        ledger: 1,
        code: 1,
      })).filter(({ debitAccountId, creditAccountId }) => debitAccountId !== creditAccountId),
    )
  }
}
