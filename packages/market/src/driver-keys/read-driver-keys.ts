import type { DriverKeyEntry } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { MarketInputError } from '../errors.ts'
import type { DriverKeyPage } from './driver-key-log-reader.ts'
import { keyEntry } from './key-entry.ts'

/**
 * Entries of the log of driver keys, in its order.
 *
 * @throws MarketInputError for a page that is too long.
 */
export async function readDriverKeys(
  context: MarketContext,
  page: DriverKeyPage = {},
): Promise<readonly DriverKeyEntry[]> {
  const { pageItemsMax } = context.settings
  const { from = 0, limit = pageItemsMax } = page
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= pageItemsMax)) {
    throw new MarketInputError('limit', String(limit), `from 1 to ${pageItemsMax}`)
  }
  if (!(Number.isSafeInteger(from) && from >= 0)) {
    throw new MarketInputError('from', String(from), 'a whole number from 0 on')
  }
  const rows = await marketTables(context)
    .selectFrom('market.driver_keys')
    .selectAll()
    .where('log_index', '>=', BigInt(from))
    .orderBy('log_index')
    .limit(limit)
    .execute()
  return rows.map(keyEntry)
}
