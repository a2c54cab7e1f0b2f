import { runMigrations } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import { marketTables } from './0001-market-tables.ts'
import { nodeWork } from './0002-node-work.ts'
import { priceFloor } from './0003-price-floor.ts'

/** Key of the lock that keeps processes from migrating at the same time: "market" in ASCII. */
const MIGRATION_LOCK = 0x6d_61_72_6b_65_74

/**
 * Makes the market's tables, or brings them to the version of this release.
 *
 * @throws DatabaseUnavailableError, MigrationFailedError
 */
export function migrateMarket(database: LedgerDatabase): Promise<void> {
  return runMigrations(database, {
    schema: 'market',
    lock: MIGRATION_LOCK,
    migrations: {
      '0001-market-tables': marketTables,
      '0002-node-work': nodeWork,
      '0003-price-floor': priceFloor,
    },
  })
}
