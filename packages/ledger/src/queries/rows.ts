import { assert } from '@shardline/core'
import type { Account, AccountLimit } from '../account.ts'
import type { AccountId, TransferId } from '../ids.ts'
import { ACCOUNT_LIMIT_NUMBERS, FAILURE_NUMBERS, TRANSFER_KIND_NUMBERS } from '../log/entry-bytes.ts'
import type { FailureRecord } from '../log/log-entry.ts'
import type { AccountsTable } from '../schema/accounts-table.ts'
import type { BalancesTable } from '../schema/balances-table.ts'
import type { FailuresTable } from '../schema/failures-table.ts'
import type { TransfersTable } from '../schema/transfers-table.ts'
import type { HoldEnd, Transfer, TransferKind, TransientStatus } from '../transfer.ts'

/** An account's row with its balances. */
export type AccountRow = AccountsTable & Omit<BalancesTable, 'account_id'>
/** A transfer's row, with the kind of the transfer that ended it. */
export type TransferRow = TransfersTable & { readonly ended_by: number | null }

const KINDS = invert(TRANSFER_KIND_NUMBERS)
const LIMITS = invert(ACCOUNT_LIMIT_NUMBERS)
const FAILURES = invert(FAILURE_NUMBERS)

/** @throws AssertionFailedError if the row holds a number that means nothing. */
export function accountOf(row: AccountRow): Account {
  return {
    id: row.id as AccountId,
    ledger: row.ledger,
    code: row.code,
    limit: nameOf<AccountLimit>(LIMITS, row.balance_limit),
    userData: row.user_data,
    timestampNs: row.timestamp_ns,
    debitsPending: row.debits_pending,
    debitsPosted: row.debits_posted,
    creditsPending: row.credits_pending,
    creditsPosted: row.credits_posted,
    logIndex: row.log_index,
  }
}

/** @throws AssertionFailedError if the row holds a number that means nothing. */
export function transferOf(row: TransferRow): Transfer {
  return {
    id: row.id as TransferId,
    kind: nameOf<TransferKind>(KINDS, row.kind),
    debitAccountId: row.debit_account_id as AccountId,
    creditAccountId: row.credit_account_id as AccountId,
    amount: row.amount,
    ledger: row.ledger,
    code: row.code,
    pendingId: row.pending_id === null ? undefined : (row.pending_id as TransferId),
    timeoutMs: Number(row.timeout_ms),
    userData: row.user_data,
    timestampNs: row.timestamp_ns,
    logIndex: row.log_index,
    endedBy: row.ended_by === null ? undefined : nameOf<HoldEnd>(KINDS, row.ended_by),
  }
}

/** @throws AssertionFailedError if the row holds a number that means nothing. */
export function failureOf(row: FailuresTable): FailureRecord {
  return { id: row.id, status: nameOf<TransientStatus>(FAILURES, row.status), timestampNs: row.timestamp_ns }
}

function invert(numbers: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(numbers).map(([name, number]) => [number, name]))
}

function nameOf<Name extends string>(names: ReadonlyMap<number, string>, number: number): Name {
  const name = names.get(number)
  assert(name !== undefined, 'a stored number has a name', { number })
  return name as Name
}
