import { Migrator, sql } from 'kysely'
import type { Migration } from 'kysely'
import type { LedgerDatabase } from '../database/database.ts'
import { sqlStateOf } from '../database/from-database.ts'
import { DatabaseUnavailableError, MigrationFailedError } from '../errors.ts'
import { firstTables } from './0001-first-tables.ts'

/** All migrations by name, in the order in which they run. */
const MIGRATIONS: Readonly<Record<string, Migration>> = { '0001-first-tables': firstTables }

/** Key of the lock that keeps processes from migrating at the same time: "ledger" in ASCII. */
const MIGRATION_LOCK = 0x6c_65_64_67_65_72

/**
 * Makes the ledger's tables, or brings them to the version of this release. Processes that start at the same time wait
 * for each other.
 *
 * @throws MigrationFailedError if that can't be done; the database is then as it was.
 * @throws DatabaseUnavailableError if the database can't be reached.
 */
export async function migrate(database: LedgerDatabase): Promise<void> {
  try {
    await database.kysely.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${MIGRATION_LOCK})`.execute(connection)
      try {
        const migrator = new Migrator({
          db: connection,
          provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
          migrationTableSchema: 'ledger',
          migrationTableName: 'migrations',
          migrationLockTableName: 'migrations_lock',
        })
        const { error } = await migrator.migrateToLatest()
        if (error !== undefined) throw new MigrationFailedError(error)
      } finally {
        await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`.execute(connection)
      }
    })
  } catch (cause) {
    if (cause instanceof MigrationFailedError || cause instanceof DatabaseUnavailableError) throw cause
    throw sqlStateOf(cause) === undefined
      ? new DatabaseUnavailableError(cause)
      : new MigrationFailedError(cause)
  }
}
