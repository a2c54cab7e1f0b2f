import { sql } from 'kysely'
import type { Transaction } from 'kysely'
import { sqlArray } from '../database/array-literal.ts'
import {
  ACCOUNT_LIMIT_NUMBERS,
  ENTRY_TYPE_NUMBERS,
  FAILURE_NUMBERS,
  TRANSFER_KIND_NUMBERS,
  hashEntry,
} from '../log/entry-bytes.ts'
import type { LogEntry } from '../log/log-entry.ts'
import type { CompactRange, TreeNode } from '../merkle/compact-range.ts'
import { isStoredHeight } from '../log/stored-heights.ts'
import { expiresAtNs } from '../rules/apply-resolve.ts'
import type { WorkingSet } from '../rules/working-set.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'

type Executor = Transaction<LedgerTables>

interface Placed<Type extends LogEntry['type']> {
  readonly index: bigint
  readonly record: Extract<LogEntry, { readonly type: Type }>['record']
}

/**
 * Writes back what a batch changed: one statement per table, however many rows.
 * The tree grows by the batch's entries, in their order.
 */
export async function storeChanges(
  transaction: Executor,
  set: WorkingSet,
  range: CompactRange,
): Promise<void> {
  const { entries } = set
  if (entries.length === 0) return
  const firstIndex = range.size
  await storeLog(transaction, entries, range)
  const placed = <Type extends LogEntry['type']>(type: Type): readonly Placed<Type>[] =>
    entries.flatMap((entry, i) =>
      entry.type === type ? [{ index: firstIndex + BigInt(i), record: entry.record } as Placed<Type>] : [],
    )
  await storeAccounts(transaction, placed('account'))
  await storeTransfers(transaction, placed('transfer'))
  await storeHolds(transaction, set, placed('transfer'))
  await storeFailures(transaction, placed('failure'))
  await storeBalances(transaction, set)
  const lastNs = entries.at(-1)?.record.timestampNs ?? 0n
  await sql`
    update ledger.state
    set log_size = ${range.size}, log_peaks = ${Buffer.from(range.toBytes())}, last_timestamp_ns = ${lastNs}`.execute(
    transaction,
  )
}

async function storeLog(
  transaction: Executor,
  entries: readonly LogEntry[],
  range: CompactRange,
): Promise<void> {
  const firstIndex = range.size
  const leaves = entries.map((entry) => hashEntry(entry))
  const nodes: TreeNode[] = []
  for (const leaf of leaves) {
    range.append(leaf, (node) => {
      if (isStoredHeight(node.height)) nodes.push(node)
    })
  }
  const types = entries.map(({ type }) => ENTRY_TYPE_NUMBERS[type])
  const ids = entries.map(({ record }) => record.id)
  await sql`
    insert into ledger.log_entries (log_index, entry_type, entry_id, leaf_hash)
    select ${firstIndex}::bigint + ordinality - 1, type, id, hash
    from unnest(${sqlArray('smallint', types)}, ${sqlArray('uuid', ids)}, ${sqlArray('bytea', leaves)})
      with ordinality as rows (type, id, hash, ordinality)`.execute(transaction)
  if (nodes.length === 0) return
  const { heights, indexes, hashes } = {
    heights: nodes.map(({ height }) => height),
    indexes: nodes.map(({ index }) => index),
    hashes: nodes.map(({ hash }) => hash),
  }
  await sql`
    insert into ledger.log_nodes (height, node_index, hash)
    select * from unnest(${sqlArray('smallint', heights)}, ${sqlArray('bigint', indexes)}, ${sqlArray('bytea', hashes)})`.execute(
    transaction,
  )
}

async function storeAccounts(transaction: Executor, accounts: readonly Placed<'account'>[]): Promise<void> {
  if (accounts.length === 0) return
  const records = accounts.map(({ record }) => record)
  const ids = sqlArray('uuid', column(records, 'id'))
  await sql`
    insert into ledger.accounts (id, log_index, ledger, code, balance_limit, user_data, timestamp_ns)
    select * from unnest(
      ${ids},
      ${sqlArray('bigint', column(accounts, 'index'))},
      ${sqlArray('integer', column(records, 'ledger'))},
      ${sqlArray('integer', column(records, 'code'))},
      ${sqlArray(
        'smallint',
        records.map(({ limit }) => ACCOUNT_LIMIT_NUMBERS[limit]),
      )},
      ${sqlArray('text', column(records, 'userData'))},
      ${sqlArray('bigint', column(records, 'timestampNs'))})`.execute(transaction)
  await sql`
    insert into ledger.balances
    select id, 0, 0, 0, 0 from unnest(${ids}) as rows (id)`.execute(transaction)
}

async function storeTransfers(
  transaction: Executor,
  transfers: readonly Placed<'transfer'>[],
): Promise<void> {
  if (transfers.length === 0) return
  const records = transfers.map(({ record }) => record)
  await sql`
    insert into ledger.transfers (id, log_index, kind, debit_account_id, credit_account_id, amount, ledger, code,
      pending_id, timeout_ms, user_data, timestamp_ns)
    select * from unnest(
      ${sqlArray('uuid', column(records, 'id'))},
      ${sqlArray('bigint', column(transfers, 'index'))},
      ${sqlArray(
        'smallint',
        records.map(({ kind }) => TRANSFER_KIND_NUMBERS[kind]),
      )},
      ${sqlArray('uuid', column(records, 'debitAccountId'))},
      ${sqlArray('uuid', column(records, 'creditAccountId'))},
      ${sqlArray('bigint', column(records, 'amount'))},
      ${sqlArray('integer', column(records, 'ledger'))},
      ${sqlArray('integer', column(records, 'code'))},
      ${sqlArray('uuid', column(records, 'pendingId'))},
      ${sqlArray('bigint', column(records, 'timeoutMs'))},
      ${sqlArray('text', column(records, 'userData'))},
      ${sqlArray('bigint', column(records, 'timestampNs'))})`.execute(transaction)
}

/** Holds that began and ended in the same batch never become a row. */
async function storeHolds(
  transaction: Executor,
  set: WorkingSet,
  transfers: readonly Placed<'transfer'>[],
): Promise<void> {
  const records = transfers.map(({ record }) => record)
  const begun = records.filter(({ kind, id }) => kind === 'pending' && !isEnded(set, id))
  const begunIds = new Set(records.map(({ id }) => id))
  const ended = records.flatMap(({ pendingId }) =>
    pendingId === undefined || begunIds.has(pendingId) ? [] : [pendingId],
  )
  if (begun.length > 0) {
    await sql`
      insert into ledger.open_holds (transfer_id, expires_at_ns)
      select * from unnest(${sqlArray('uuid', column(begun, 'id'))}, ${sqlArray(
        'bigint',
        begun.map((record) => expiresAtNs(record)),
      )})`.execute(transaction)
  }
  if (ended.length > 0) {
    await sql`
      delete from ledger.open_holds h using unnest(${sqlArray('uuid', ended)}) as ended (id)
      where h.transfer_id = ended.id`.execute(transaction)
  }
}

function isEnded(set: WorkingSet, id: string): boolean {
  return set.transfers.get(id)?.endedBy !== undefined
}

async function storeFailures(transaction: Executor, failures: readonly Placed<'failure'>[]): Promise<void> {
  if (failures.length === 0) return
  const records = failures.map(({ record }) => record)
  await sql`
    insert into ledger.failures (id, log_index, status, timestamp_ns)
    select * from unnest(
      ${sqlArray('uuid', column(records, 'id'))},
      ${sqlArray('bigint', column(failures, 'index'))},
      ${sqlArray(
        'smallint',
        records.map(({ status }) => FAILURE_NUMBERS[status]),
      )},
      ${sqlArray('bigint', column(records, 'timestampNs'))})`.execute(transaction)
}

async function storeBalances(transaction: Executor, set: WorkingSet): Promise<void> {
  const changed = [...set.accounts.values()].filter(({ isChanged }) => isChanged)
  if (changed.length === 0) return
  const balances = changed.map((account) => account.balances)
  const ids = changed.map(({ record }) => record.id)
  await sql`
    update ledger.balances b
    set debits_pending = n.debits_pending, debits_posted = n.debits_posted,
      credits_pending = n.credits_pending, credits_posted = n.credits_posted
    from unnest(
      ${sqlArray('uuid', ids)},
      ${sqlArray('bigint', column(balances, 'debitsPending'))},
      ${sqlArray('bigint', column(balances, 'debitsPosted'))},
      ${sqlArray('bigint', column(balances, 'creditsPending'))},
      ${sqlArray('bigint', column(balances, 'creditsPosted'))}
    ) as n (account_id, debits_pending, debits_posted, credits_pending, credits_posted)
    where b.account_id = n.account_id`.execute(transaction)
}

function column<Row, Name extends keyof Row>(rows: readonly Row[], name: Name): readonly Row[Name][] {
  return rows.map((row) => row[name])
}
