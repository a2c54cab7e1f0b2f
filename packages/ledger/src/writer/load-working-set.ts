import { sql } from 'kysely'
import type { Transaction } from 'kysely'
import { sqlArray } from '../database/array-literal.ts'
import type { AccountId, TransferId } from '../ids.ts'
import { LedgerClock } from '../ledger-clock.ts'
import { CompactRange } from '../merkle/compact-range.ts'
import { accountOf, transferOf } from '../queries/rows.ts'
import type { AccountRow, TransferRow } from '../queries/rows.ts'
import { WorkingSet } from '../rules/working-set.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import { isResolve } from '../transfer.ts'
import type { Command } from './command.ts'

/** Everything that a batch needs of the database, under the lock that makes it the only writer. */
export interface LoadedBatch {
  readonly set: WorkingSet
  readonly range: CompactRange
  /** Holds whose timeout ran out. */
  readonly expired: readonly TransferId[]
}

/** What {@link loadWorkingSet} needs. */
export interface LoadInit {
  readonly transaction: Transaction<LedgerTables>
  readonly commands: readonly Command[]
  /** The machine's time. */
  readonly nowMs: number
  readonly expiredMax: number
}

/** Locks the ledger for writing until the transaction ends, and loads all that the commands can touch. */
export async function loadWorkingSet(init: LoadInit): Promise<LoadedBatch> {
  const { transaction } = init
  const state = await transaction.selectFrom('ledger.state').selectAll().forUpdate().executeTakeFirstOrThrow()
  const clock = new LedgerClock(state.last_timestamp_ns, init.nowMs)
  const set = new WorkingSet(clock)
  const expired = await loadExpired(init, clock.lastNs)
  const ids = collectIds(init.commands)
  for (const id of expired) ids.transfers.add(id)
  await loadTransfers(transaction, set, [...ids.transfers])
  for (const { record } of set.transfers.values()) {
    ids.accounts.add(record.debitAccountId)
    ids.accounts.add(record.creditAccountId)
  }
  await loadAccounts(transaction, set, [...ids.accounts])
  return { set, range: CompactRange.fromBytes(state.log_size, state.log_peaks), expired }
}

async function loadExpired(
  { transaction, expiredMax }: LoadInit,
  nowNs: bigint,
): Promise<readonly TransferId[]> {
  const rows = await transaction
    .selectFrom('ledger.open_holds')
    .select('transfer_id')
    .where('expires_at_ns', '<=', nowNs)
    .orderBy('expires_at_ns')
    .orderBy('transfer_id')
    .limit(expiredMax)
    .execute()
  return rows.map((row) => row.transfer_id as TransferId)
}

interface Ids {
  readonly accounts: Set<AccountId>
  readonly transfers: Set<TransferId>
}

function collectIds(commands: readonly Command[]): Ids {
  const ids: Ids = { accounts: new Set(), transfers: new Set() }
  for (const command of commands) {
    if (command.type === 'accounts') for (const { id } of command.items) ids.accounts.add(id)
    if (command.type !== 'transfers') continue
    for (const item of command.items) {
      ids.transfers.add(item.id)
      if (isResolve(item)) ids.transfers.add(item.pendingId)
      else ids.accounts.add(item.debitAccountId).add(item.creditAccountId)
    }
  }
  return ids
}

/**
 * The `lateral … offset 0` makes the database look each id up in the index. A join would be planned by statistics, which
 * a table that grows fast doesn't have: it would be read as a whole.
 */
async function loadTransfers(
  transaction: Transaction<LedgerTables>,
  set: WorkingSet,
  ids: readonly TransferId[],
): Promise<void> {
  if (ids.length === 0) return
  const list = sqlArray('uuid', ids)
  const transfers = await sql<TransferRow>`
    select t.*, (select e.kind from ledger.transfers e where e.pending_id = t.id) as ended_by
    from unnest(${list}) as wanted (id) cross join lateral (select * from ledger.transfers where id = wanted.id offset 0) t`.execute(
    transaction,
  )
  for (const row of transfers.rows) {
    const { logIndex: _, endedBy, ...record } = transferOf(row)
    set.transfers.set(record.id, { record, endedBy })
  }
  await loadHoldsOfResolutions(transaction, set)
  const failures = await sql<{ readonly id: string }>`
    select f.id from unnest(${list}) as wanted (id) cross join lateral (select id from ledger.failures where id = wanted.id offset 0) f`.execute(
    transaction,
  )
  for (const { id } of failures.rows) set.failedIds.add(id)
}

/** A post that is sent again is compared with the hold that it really ended, whatever hold it names now. */
async function loadHoldsOfResolutions(
  transaction: Transaction<LedgerTables>,
  set: WorkingSet,
): Promise<void> {
  const missing = [...set.transfers.values()].flatMap(({ record: { pendingId } }) =>
    pendingId === undefined || set.transfers.has(pendingId) ? [] : [pendingId],
  )
  if (missing.length === 0) return
  const holds = await sql<TransferRow>`
    select t.*, (select e.kind from ledger.transfers e where e.pending_id = t.id) as ended_by
    from unnest(${sqlArray('uuid', missing)}) as wanted (id) cross join lateral (select * from ledger.transfers where id = wanted.id offset 0) t`.execute(
    transaction,
  )
  for (const row of holds.rows) {
    const { logIndex: _, endedBy, ...record } = transferOf(row)
    set.transfers.set(record.id, { record, endedBy })
  }
}

async function loadAccounts(
  transaction: Transaction<LedgerTables>,
  set: WorkingSet,
  ids: readonly AccountId[],
): Promise<void> {
  if (ids.length === 0) return
  const { rows } = await sql<AccountRow>`
    select a.*, b.debits_pending, b.debits_posted, b.credits_pending, b.credits_posted
    from unnest(${sqlArray('uuid', ids)}) as wanted (id)
      join ledger.accounts a on a.id = wanted.id
      join ledger.balances b on b.account_id = wanted.id`.execute(transaction)
  for (const row of rows) set.load(accountOf(row))
}
