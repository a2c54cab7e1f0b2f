import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { ENTRY_TYPE_NUMBERS } from '../log/entry-bytes.ts'
import type { LogEntry } from '../log/log-entry.ts'
import { accountOf, failureOf, transferOf } from '../queries/rows.ts'
import type { AccountRow, TransferRow } from '../queries/rows.ts'
import type { FailuresTable } from '../schema/failures-table.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'

/** A leaf of the log, and the row that it stands for. */
export interface StoredEntry {
  readonly logIndex: bigint
  /** As the leaf has it. */
  readonly id: string
  readonly leafHash: Uint8Array
  /** Undefined if there is no row of the leaf's type, or one that can't be. */
  readonly entry: LogEntry | undefined
}

const PAGE_ENTRIES = 5_000n

/**
 * Reads the log's leaves from one on with their rows, a page at a time.
 *
 * @yields each leaf, in order
 */
export async function* readEntries(
  kysely: Kysely<LedgerTables>,
  from: bigint = 0n,
): AsyncGenerator<StoredEntry> {
  let after = from - 1n
  for (;;) {
    const leaves = await kysely
      .selectFrom('ledger.log_entries')
      .selectAll()
      .where('log_index', '>', after)
      .orderBy('log_index')
      .limit(Number(PAGE_ENTRIES))
      .execute()
    const [first, last] = [leaves.at(0), leaves.at(-1)]
    if (first === undefined || last === undefined) return
    const rows = await readRows(kysely, first.log_index, last.log_index)
    for (const { log_index: logIndex, entry_type: type, entry_id: id, leaf_hash: leafHash } of leaves) {
      const entry = rows.get(logIndex)
      const isOfType = entry !== undefined && ENTRY_TYPE_NUMBERS[entry.type] === type
      yield { logIndex, id, leafHash, entry: isOfType ? entry : undefined }
    }
    after = last.log_index
  }
}

async function readRows(
  kysely: Kysely<LedgerTables>,
  first: bigint,
  last: bigint,
): Promise<ReadonlyMap<bigint, LogEntry>> {
  const range = sql`log_index between ${first} and ${last}`
  const accounts = await sql<AccountRow>`
    select *, 0::bigint as debits_pending, 0::bigint as debits_posted, 0::bigint as credits_pending,
      0::bigint as credits_posted
    from ledger.accounts where ${range}`.execute(kysely)
  const transfers = await sql<TransferRow>`
    select *, null as ended_by from ledger.transfers where ${range}`.execute(kysely)
  const failures = await sql<FailuresTable>`select * from ledger.failures where ${range}`.execute(kysely)
  const rows = new Map<bigint, LogEntry>()
  for (const row of accounts.rows) put(rows, row, () => ({ type: 'account', record: accountOf(row) }))
  for (const row of transfers.rows) put(rows, row, () => ({ type: 'transfer', record: transferOf(row) }))
  for (const row of failures.rows) put(rows, row, () => ({ type: 'failure', record: failureOf(row) }))
  return rows
}

/** A row that holds a number which means nothing counts as missing. */
function put(rows: Map<bigint, LogEntry>, row: { readonly log_index: bigint }, read: () => LogEntry): void {
  try {
    rows.set(row.log_index, read())
  } catch {
    rows.delete(row.log_index)
  }
}
