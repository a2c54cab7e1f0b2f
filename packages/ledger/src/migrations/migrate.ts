import type { LedgerDatabase } from '../database/database.ts'
import { firstTables } from './0001-first-tables.ts'
import { runMigrations } from './run-migrations.ts'

/** Key of the lock that keeps processes from migrating at the same time: "ledger" in ASCII. */
const MIGRATION_LOCK = 0x6c_65_64_67_65_72

/**
 * Makes the ledger's tables, or brings them to the version of this release.
 *
 * @throws MigrationFailedError, DatabaseUnavailableError
 */
export function migrate(database: LedgerDatabase): Promise<void> {
  return runMigrations(database, {
    schema: 'ledger',
    lock: MIGRATION_LOCK,
    migrations: { '0001-first-tables': firstTables },
  })
}
