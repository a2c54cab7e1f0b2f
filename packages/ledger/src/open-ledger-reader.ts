import type { LedgerDatabase } from './database/database.ts'
import { fromDatabase } from './database/from-database.ts'
import { requireLedger } from './database/require-ledger.ts'
import type { Ledger } from './ledger.ts'
import { LogReader } from './log/log-reader.ts'
import { lookupAccounts, queryAccounts } from './queries/query-accounts.ts'
import { lookupTransfers, queryTransfers } from './queries/query-transfers.ts'

/** The part of a ledger that changes nothing. */
export type LedgerReader = Pick<
  Ledger,
  'accounts' | 'transfers' | 'lookupAccounts' | 'lookupTransfers' | 'inclusionProof' | 'consistencyProof'
>

/**
 * Opens a ledger to look at. Makes and changes no tables, so a wrong address does no harm.
 *
 * @throws LedgerMissingError if the database holds none, DatabaseUnavailableError.
 */
export async function openLedgerReader(database: LedgerDatabase): Promise<LedgerReader> {
  try {
    await requireLedger(database.kysely)
  } catch (cause) {
    throw fromDatabase(cause)
  }
  const log = new LogReader(database, undefined)
  return {
    accounts: (query = {}) => queryAccounts(database, query),
    transfers: (query = {}) => queryTransfers(database, query),
    lookupAccounts: (ids) => lookupAccounts(database, ids),
    lookupTransfers: (ids) => lookupTransfers(database, ids),
    inclusionProof: (index, size) => log.inclusion(index, size),
    consistencyProof: (fromSize, toSize) => log.consistency(fromSize, toSize),
  }
}
