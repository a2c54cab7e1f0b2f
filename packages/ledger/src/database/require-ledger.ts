import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { LedgerMissingError } from '../errors.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'

/** Holds that a database has a ledger, for those who only read and must not make one. @throws LedgerMissingError */
export async function requireLedger(kysely: Kysely<LedgerTables>): Promise<void> {
  const { rows } = await sql<{ readonly is_there: boolean }>`
    select to_regclass('ledger.state') is not null as is_there`.execute(kysely)
  if (rows[0]?.is_there !== true) throw new LedgerMissingError()
}
