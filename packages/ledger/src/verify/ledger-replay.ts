import type { AccountRecord, Balances } from '../account.ts'
import { millisecondsToNs } from '../ledger-clock.ts'
import type { LogEntry } from '../log/log-entry.ts'
import type { TransferRecord } from '../transfer.ts'

/** What makes an entry impossible after those before it, and by which of its fields. */
export interface ReplayFault {
  readonly field: string
  readonly what: string
}

interface ReplayedAccount {
  readonly record: AccountRecord
  readonly logIndex: bigint
  debitsPending: bigint
  debitsPosted: bigint
  creditsPending: bigint
  creditsPosted: bigint
}

/**
 * Plays the log's entries anew, by rules of its own: what an account's balances must be follows from them alone.
 * Holds everything that matters later in memory: accounts, holds that are open, and ids seen.
 */
export class LedgerReplay {
  readonly #accounts = new Map<string, ReplayedAccount>()
  readonly #holds = new Map<string, TransferRecord>()
  readonly #ids = new Set<string>()
  #lastNs = 0n

  /** Time of the last entry. */
  get lastNs(): bigint {
    return this.#lastNs
  }

  /** What is wrong with the next entry, given all before it; undefined if nothing is. */
  play(entry: LogEntry, logIndex: bigint): ReplayFault | undefined {
    const { timestampNs } = entry.record
    if (timestampNs <= this.#lastNs) {
      return { field: 'timestamp_ns', what: 'its time is not after the time of the entry before' }
    }
    this.#lastNs = timestampNs
    switch (entry.type) {
      case 'account':
        return this.#playAccount(entry.record, logIndex)
      case 'transfer':
        return this.#playTransfer(entry.record)
      case 'failure':
        return this.#playId(entry.record.id)
    }
  }

  /** @yields what each account's balances must be, in the order of the log */
  *balances(): Iterable<{ readonly record: AccountRecord; readonly logIndex: bigint } & Balances> {
    yield* this.#accounts.values()
  }

  /** @yields holds that have not ended, and when they expire */
  *openHolds(): Iterable<{ readonly id: string; readonly expiresAtNs: bigint | undefined }> {
    for (const { id, timeoutMs, timestampNs } of this.#holds.values()) {
      yield { id, expiresAtNs: timeoutMs === 0 ? undefined : timestampNs + millisecondsToNs(timeoutMs) }
    }
  }

  #playId(id: string): ReplayFault | undefined {
    if (this.#ids.has(id)) return { field: 'id', what: 'its id was used before' }
    this.#ids.add(id)
    return undefined
  }

  #playAccount(record: AccountRecord, logIndex: bigint): ReplayFault | undefined {
    if (this.#accounts.has(record.id)) return { field: 'id', what: 'its id was used before' }
    const nothing = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n }
    this.#accounts.set(record.id, { record, logIndex, ...nothing })
    return undefined
  }

  #playTransfer(record: TransferRecord): ReplayFault | undefined {
    const debit = this.#accounts.get(record.debitAccountId)
    const credit = this.#accounts.get(record.creditAccountId)
    if (debit === undefined || credit === undefined) {
      const field = debit === undefined ? 'debit_account_id' : 'credit_account_id'
      return { field, what: 'it is on an account that does not exist' }
    }
    if (debit.record.ledger !== record.ledger || credit.record.ledger !== record.ledger) {
      return { field: 'ledger', what: 'its accounts are of another ledger' }
    }
    const usedId = this.#playId(record.id)
    if (usedId !== undefined) return usedId
    if (record.pendingId !== undefined) return this.#endHold(record, debit, credit)
    if (record.kind === 'pending') {
      debit.debitsPending += record.amount
      credit.creditsPending += record.amount
      this.#holds.set(record.id, record)
    } else {
      debit.debitsPosted += record.amount
      credit.creditsPosted += record.amount
    }
    return brokenLimit(debit) ?? brokenLimit(credit)
  }

  #endHold(record: TransferRecord, debit: ReplayedAccount, credit: ReplayedAccount): ReplayFault | undefined {
    const hold = this.#holds.get(record.pendingId ?? '')
    if (hold === undefined) return { field: 'pending_id', what: 'it ends a hold that is not open' }
    if (hold.debitAccountId !== record.debitAccountId || hold.creditAccountId !== record.creditAccountId) {
      const field = hold.debitAccountId === record.debitAccountId ? 'credit_account_id' : 'debit_account_id'
      return { field, what: 'it is on other accounts than its hold' }
    }
    if (record.amount > hold.amount) return { field: 'amount', what: 'it posts more than was held' }
    this.#holds.delete(hold.id)
    debit.debitsPending -= hold.amount
    credit.creditsPending -= hold.amount
    if (record.kind !== 'post') return undefined
    debit.debitsPosted += record.amount
    credit.creditsPosted += record.amount
    return undefined
  }
}

function brokenLimit(account: ReplayedAccount): ReplayFault | undefined {
  const { limit } = account.record
  const debits = account.debitsPending + account.debitsPosted
  const credits = account.creditsPending + account.creditsPosted
  if (limit === 'debits_must_not_exceed_credits' && debits > account.creditsPosted) {
    return { field: 'amount', what: 'its debit account spent more than it had' }
  }
  if (limit === 'credits_must_not_exceed_debits' && credits > account.debitsPosted) {
    return { field: 'amount', what: 'its credit account got more than it may' }
  }
  return undefined
}
