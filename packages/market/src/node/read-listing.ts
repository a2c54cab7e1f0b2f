import type { PartyId } from '@shardline/identity'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { MarketContext } from '../context.ts'
import { readNewestKeys } from '../driver-keys/read-newest-keys.ts'
import { MarketNotFoundError } from '../errors.ts'
import type { ModelId } from '../ids.ts'
import { DRIVERS_READ_MAX } from '../limits.ts'
import { nowMs } from '../now-ms.ts'
import { reputationOf } from '../reputation/read-reputation.ts'
import type { MarketTables } from '../schema/market-tables.ts'
import type { DriverListing } from './listing.ts'

/** Which listings {@link readListings} reads. */
export interface ListingQuery {
  readonly model: ModelId
  /** Only this driver. */
  readonly driver?: PartyId
}

/**
 * Drivers with live capacity for a model, in no order: as many as DRIVERS_READ_MAX says, first those that have completed
 * most, so that nobody crowds them out with new names.
 */
export async function readListings(
  context: Pick<MarketContext, 'clock'>,
  tables: Kysely<MarketTables>,
  { model, driver }: ListingQuery,
): Promise<readonly DriverListing[]> {
  let query = tables
    .selectFrom('market.capacities as capacity')
    .innerJoin('market.nodes as node', 'node.node', 'capacity.driver')
    .selectAll('node')
    .select([
      'capacity.reported_mtps',
      'capacity.effective_mtps',
      'capacity.numeric_class',
      'capacity.quantization',
      'capacity.workers',
    ])
    .where('capacity.model', '=', model)
    .where('capacity.expires_at_ms', '>', nowMs(context))
    .where(sql<boolean>`'driver' = any(node.roles)`)
    .orderBy('node.completed', 'desc')
    .orderBy('capacity.effective_mtps', 'desc')
    .limit(DRIVERS_READ_MAX)
  if (driver !== undefined) query = query.where('capacity.driver', '=', driver)
  const rows = await query.execute()
  const keys = await readNewestKeys(
    tables,
    rows.map((row) => row.node as PartyId),
  )
  return rows.map((row) => ({
    driver: row.node as PartyId,
    model,
    address: row.address ?? undefined,
    region: row.region ?? undefined,
    sealingKey: keys.get(row.node as PartyId),
    numericClass: row.numeric_class,
    quantization: row.quantization,
    workers: row.workers as readonly PartyId[],
    tokensPerSecond: tokensPerSecond(row.effective_mtps),
    reportedTokensPerSecond: tokensPerSecond(row.reported_mtps),
    reputation: reputationOf(row),
  }))
}

/**
 * A driver's listing for a model; with nothing to offer if it has no live capacity.
 *
 * @throws MarketNotFoundError if no such driver is registered.
 */
export async function readListing(
  context: Pick<MarketContext, 'clock'>,
  tables: Kysely<MarketTables>,
  { model, driver }: Required<ListingQuery>,
): Promise<DriverListing> {
  const node = await tables
    .selectFrom('market.nodes')
    .selectAll()
    .where('node', '=', driver)
    .executeTakeFirst()
  if (node === undefined || !node.roles.includes('driver')) throw new MarketNotFoundError('node', driver)
  const [live] = await readListings(context, tables, { model, driver })
  if (live !== undefined) return live
  const keys = await readNewestKeys(tables, [driver])
  return {
    driver,
    model,
    address: node.address ?? undefined,
    region: node.region ?? undefined,
    sealingKey: keys.get(driver),
    numericClass: '',
    quantization: '',
    workers: [],
    tokensPerSecond: 0,
    reportedTokensPerSecond: 0,
    reputation: reputationOf(node),
  }
}

function tokensPerSecond(thousandths: bigint): number {
  return Number(thousandths) / 1000
}
