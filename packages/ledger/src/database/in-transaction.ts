import type { Clock } from '@shardline/core'
import type { Transaction } from 'kysely'
import { TransactionConflictError } from '../errors.ts'
import { TRANSACTION_RETRIES_MAX, TRANSACTION_RETRY_MS } from '../limits.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import type { LedgerDatabase } from './database.ts'
import { fromDatabase, isConflict } from './from-database.ts'

/** What {@link inTransaction} needs. */
export interface TransactionInit {
  readonly database: LedgerDatabase
  readonly clock: Clock
  /** @default TRANSACTION_RETRIES_MAX */
  readonly retriesMax?: number
}

/**
 * Runs `work` in one transaction: all of it or nothing. It runs again, after a wait that doubles, when the database
 * gave it up for a conflict with another transaction; so `work` must have no effect outside of it.
 *
 * @throws TransactionConflictError after as many retries as the limit allows.
 * @throws DatabaseUnavailableError when the database is gone; whether the transaction took place is then unknown.
 * @throws DatabaseRefusedError when the database refuses a statement.
 */
export async function inTransaction<T>(
  init: TransactionInit,
  work: (transaction: Transaction<LedgerTables>) => Promise<T>,
): Promise<T> {
  const retriesMax = init.retriesMax ?? TRANSACTION_RETRIES_MAX
  for (let retry = 0; ; retry++) {
    try {
      return await init.database.kysely.transaction().execute(work)
    } catch (cause) {
      if (!isConflict(cause)) throw fromDatabase(cause)
      if (retry >= retriesMax) throw new TransactionConflictError(retry + 1, cause)
      await init.clock.sleep(TRANSACTION_RETRY_MS * 2 ** retry)
    }
  }
}
