import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { LedgerDatabase } from '../database/database.ts'
import { fromDatabase } from '../database/from-database.ts'
import { requireLedger } from '../database/require-ledger.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import { EntryVerifier } from './entry-verifier.ts'
import { readEntries } from './read-entries.ts'
import type { LedgerFault, VerifyOptions, VerifyReport } from './verify-report.ts'
import { verifyState } from './verify-state.ts'

/**
 * Checks a ledger, or a copy of one, without trusting anything but the rows of its entries: computes every leaf, the
 * whole tree, the course of every hold and all balances anew, and compares what is stored. Only reads, and sees the
 * ledger as it was at one moment, whoever writes meanwhile.
 *
 * @throws LedgerMissingError, DatabaseUnavailableError, LedgerInputError, NoteMalformedError or NoteSignatureError for
 * `notes` that the key didn't sign, and the signal's reason.
 */
export async function verifyLedger(
  database: Pick<LedgerDatabase, 'kysely'>,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const verifier = new EntryVerifier(options)
  const verify = async (kysely: Kysely<LedgerTables>): Promise<VerifyReport> =>
    verifier.report(await findFault(kysely, verifier))
  try {
    if (database.kysely.isTransaction) return await verify(database.kysely)
    return await database.kysely
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(verify)
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause
    throw fromDatabase(cause)
  }
}

async function findFault(
  kysely: Kysely<LedgerTables>,
  verifier: EntryVerifier,
): Promise<LedgerFault | undefined> {
  await requireLedger(kysely)
  const { trail, range } = verifier
  const state = await kysely.selectFrom('ledger.state').select('log_size').executeTakeFirst()
  verifier.total = state?.log_size ?? 0n
  trail.add(await kysely.selectFrom('ledger.checkpoints').selectAll().execute())
  const empty = trail.compare(range)
  if (empty !== undefined) return empty
  for await (const stored of readEntries(kysely)) {
    const fault = verifier.take(stored)
    if (fault !== undefined) return fault
  }
  return (
    trail.missing(range.size) ??
    trail.fault ??
    (await findRowWithoutLeaf(kysely)) ??
    (await verifyState(kysely, verifier))
  )
}

async function findRowWithoutLeaf(kysely: Kysely<LedgerTables>): Promise<LedgerFault | undefined> {
  const { rows } = await sql<{ readonly log_index: bigint; readonly id: string }>`
    select r.log_index, r.id from (
      select log_index, id, 1 as type from ledger.accounts
      union all select log_index, id, 2 from ledger.transfers
      union all select log_index, id, 3 from ledger.failures
    ) r left join ledger.log_entries e
      on e.log_index = r.log_index and e.entry_id = r.id and e.entry_type = r.type
    where e.log_index is null order by r.log_index limit 1`.execute(kysely)
  const [row] = rows
  if (row === undefined) return undefined
  return {
    part: 'count',
    logIndex: row.log_index,
    id: row.id,
    field: 'log_index',
    what: 'a row is in no entry of the log',
  }
}
