import { Migrator, sql } from 'kysely'
import type { Migration } from 'kysely'
import type { LedgerDatabase } from '../database/database.ts'
import { sqlStateOf } from '../database/from-database.ts'
import { DatabaseUnavailableError, MigrationFailedError } from '../errors.ts'

/** What {@link runMigrations} brings up to date. */
export interface MigrationsInit {
  /** Schema of the database that the tables are in. */
  readonly schema: string
  /** Key of the lock that keeps processes from migrating at the same time; one for each schema. */
  readonly lock: number
  /** By name, in the order in which they run. */
  readonly migrations: Readonly<Record<string, Migration>>
}

/**
 * Makes the tables of a schema, or brings them to the version of this release. Processes that start at the same time
 * wait for each other.
 *
 * @throws MigrationFailedError if that can't be done; the database is then as it was.
 * @throws DatabaseUnavailableError if the database can't be reached.
 */
export async function runMigrations(database: LedgerDatabase, init: MigrationsInit): Promise<void> {
  try {
    await database.kysely.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${init.lock})`.execute(connection)
      try {
        const migrator = new Migrator({
          db: connection,
          provider: { getMigrations: () => Promise.resolve({ ...init.migrations }) },
          migrationTableSchema: init.schema,
          migrationTableName: 'migrations',
          migrationLockTableName: 'migrations_lock',
        })
        const { error } = await migrator.migrateToLatest()
        if (error !== undefined) throw new MigrationFailedError(error)
      } finally {
        await sql`select pg_advisory_unlock(${init.lock})`.execute(connection)
      }
    })
  } catch (cause) {
    if (cause instanceof MigrationFailedError || cause instanceof DatabaseUnavailableError) throw cause
    throw sqlStateOf(cause) === undefined
      ? new DatabaseUnavailableError(cause)
      : new MigrationFailedError(cause)
  }
}
