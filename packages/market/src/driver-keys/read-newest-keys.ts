import type { DriverKeyEntry, PartyId } from '@shardline/identity'
import type { Kysely } from 'kysely'
import type { MarketTables } from '../schema/market-tables.ts'
import { keyEntry } from './key-entry.ts'

/** The newest key of each driver in the log; those that have none aren't in it. */
export async function readNewestKeys(
  tables: Kysely<MarketTables>,
  drivers: readonly PartyId[],
): Promise<ReadonlyMap<PartyId, DriverKeyEntry>> {
  if (drivers.length === 0) return new Map()
  const rows = await tables
    .selectFrom('market.driver_keys')
    .selectAll()
    .distinctOn('driver')
    .where('driver', 'in', drivers)
    .orderBy('driver')
    .orderBy('sequence', 'desc')
    .execute()
  return new Map(rows.map((row) => [row.driver as PartyId, keyEntry(row)]))
}
