import { inTransaction } from '@shardline/ledger'
import type { Kysely, Transaction } from 'kysely'
import type { MarketContext } from '../context.ts'
import type { MarketTables } from '../schema/market-tables.ts'

/** A transaction over the market's tables. */
export type MarketTransaction = Transaction<MarketTables>

/**
 * Runs `work` in one transaction; again after a conflict, so `work` has no effect outside of it. Money never moves in
 * here: the ledger has transactions of its own, and the plan for it is written down first.
 *
 * Locks are taken in one order, so that two transactions never wait for each other: one request's row, then one model's.
 *
 * @throws TransactionConflictError, DatabaseUnavailableError, DatabaseRefusedError as the ledger's
 */
export function inMarketTransaction<T>(
  context: Pick<MarketContext, 'database' | 'clock'>,
  work: (transaction: MarketTransaction) => Promise<T>,
): Promise<T> {
  return inTransaction({ database: context.database, clock: context.clock }, (transaction) =>
    work(transaction.withTables<MarketTables>() as unknown as MarketTransaction),
  )
}

/** The market's tables, for reads outside of transactions. */
export function marketTables(context: Pick<MarketContext, 'database'>): Kysely<MarketTables> {
  return context.database.kysely.withTables<MarketTables>() as unknown as Kysely<MarketTables>
}
