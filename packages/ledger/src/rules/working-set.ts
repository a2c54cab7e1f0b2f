import { assert } from '@shardline/core'
import type { Account, AccountRecord, Balances } from '../account.ts'
import type { LedgerClock } from '../ledger-clock.ts'
import type { LogEntry } from '../log/log-entry.ts'
import type { HoldEnd, TransferRecord, TransientStatus } from '../transfer.ts'

/** An account while transfers are applied to it. */
export interface WorkingAccount {
  readonly record: AccountRecord
  balances: Balances
  /** Whether the database has other balances. */
  isChanged: boolean
  /** Whether this transaction created it. */
  readonly isNew: boolean
}

/** A transfer that exists, and how the hold ended, if it is one that did. */
export interface KnownTransfer {
  readonly record: TransferRecord
  endedBy: HoldEnd | undefined
}

/**
 * Everything that a batch can touch, in memory: loaded from the database, changed by the rules, written back by the
 * store. Changes since {@link WorkingSet.begin} can be undone, for chains that fail.
 */
export class WorkingSet {
  readonly clock: LedgerClock
  readonly accounts: Map<string, WorkingAccount> = new Map()
  readonly transfers: Map<string, KnownTransfer> = new Map()
  readonly failedIds: Set<string> = new Set()
  /** What the batch adds to the log, in order. */
  readonly entries: LogEntry[] = []
  #undo: (() => void)[] = []

  constructor(clock: LedgerClock) {
    this.clock = clock
  }

  /** Puts an account as the database has it. */
  load(account: Account): void {
    const { debitsPending, debitsPosted, creditsPending, creditsPosted, ...record } = account
    const balances = { debitsPending, debitsPosted, creditsPending, creditsPosted }
    this.accounts.set(account.id, { record, balances, isChanged: false, isNew: false })
  }

  /** Starts a unit that {@link undo} takes back as a whole. */
  begin(): void {
    this.#undo = []
  }

  /** Takes back everything since {@link begin}. */
  undo(): void {
    for (const step of this.#undo.toReversed()) step()
    this.#undo = []
  }

  /** Adds an account with nothing on it. */
  addAccount(record: AccountRecord): void {
    assert(!this.accounts.has(record.id), 'an account is added twice', { id: record.id })
    const balances = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n }
    this.accounts.set(record.id, { record, balances, isChanged: false, isNew: true })
    this.#undo.push(() => this.accounts.delete(record.id))
    this.#append({ type: 'account', record })
  }

  /** Adds a transfer, and marks the hold that it ends. Balances are changed by {@link setBalances}. */
  addTransfer(record: TransferRecord): void {
    assert(!this.transfers.has(record.id), 'a transfer is added twice', { id: record.id })
    this.transfers.set(record.id, { record, endedBy: undefined })
    this.#undo.push(() => this.transfers.delete(record.id))
    const hold = record.pendingId === undefined ? undefined : this.transfers.get(record.pendingId)
    if (hold !== undefined) {
      assert(hold.endedBy === undefined, 'a hold ends twice', { id: hold.record.id })
      hold.endedBy = record.kind as HoldEnd
      this.#undo.push(() => {
        hold.endedBy = undefined
      })
    }
    this.#append({ type: 'transfer', record })
  }

  /** Uses up the id of a transfer that failed for a transient reason. Not part of any unit. */
  addFailure(id: string, status: TransientStatus): void {
    this.failedIds.add(id)
    this.entries.push({ type: 'failure', record: { id, status, timestampNs: this.clock.tick() } })
  }

  /** Changes an account's balances. */
  setBalances(account: WorkingAccount, balances: Balances): void {
    const { balances: before, isChanged } = account
    this.#undo.push(() => {
      account.balances = before
      account.isChanged = isChanged
    })
    account.balances = balances
    account.isChanged = true
  }

  #append(entry: LogEntry): void {
    const { length } = this.entries
    this.#undo.push(() => {
      this.entries.length = length
    })
    this.entries.push(entry)
  }
}
