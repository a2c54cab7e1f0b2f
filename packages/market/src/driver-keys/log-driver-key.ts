import type { DriverKeyEntry } from '@shardline/identity'
import { sql } from 'kysely'
import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { DriverKeyRefusedError } from '../errors.ts'
import { nowMs } from '../now-ms.ts'
import type { DriverKeysTable } from '../schema/driver-keys-table.ts'
import { keyEntry } from './key-entry.ts'

/**
 * Appends a driver's key that was checked to the log; one that is its newest there already changes nothing. The row
 * that counts the entries stays locked to the end of the transaction: entries get their places in the order in which
 * their transactions commit, in all replicas, so whoever reads the log never finds a gap that is filled later.
 *
 * @throws DriverKeyRefusedError if the driver has a newer one, another one of that number, or just logged one.
 */
export async function logDriverKey(
  context: Pick<MarketContext, 'clock' | 'settings'>,
  transaction: MarketTransaction,
  entry: DriverKeyEntry,
): Promise<void> {
  const { size } = await transaction
    .selectFrom('market.driver_key_log')
    .select('size')
    .forUpdate()
    .executeTakeFirstOrThrow()
  const newest = await transaction
    .selectFrom('market.driver_keys')
    .selectAll()
    .where('driver', '=', entry.driverId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (newest !== undefined && !isNews(context, newest, entry)) return
  await transaction
    .insertInto('market.driver_keys')
    .values(rowOf(context, entry, size))
    .execute()
  await transaction
    .updateTable('market.driver_key_log')
    .set({ size: sql<bigint>`size + 1` })
    .execute()
}

function isNews(
  { clock, settings }: Pick<MarketContext, 'clock' | 'settings'>,
  newest: DriverKeysTable,
  entry: DriverKeyEntry,
): boolean {
  const known = keyEntry(newest)
  const details = { given: entry.sequence, newest: known.sequence }
  if (entry.sequence < known.sequence) {
    throw new DriverKeyRefusedError(entry.driverId, 'older than its last one', details)
  }
  if (entry.sequence === known.sequence) {
    // It covers all other fields.
    if (entry.signature === known.signature) return false
    throw new DriverKeyRefusedError(entry.driverId, 'another one of that number', details)
  }
  const waitMs = Number(newest.logged_at_ms) + settings.driverKeyIntervalMs - clock.now()
  if (waitMs > 0) throw new DriverKeyRefusedError(entry.driverId, 'too soon', { waitMs })
  return true
}

function rowOf(
  context: Pick<MarketContext, 'clock'>,
  entry: DriverKeyEntry,
  logIndex: bigint,
): DriverKeysTable {
  return {
    log_index: logIndex,
    driver: entry.driverId,
    sequence: BigInt(entry.sequence),
    encryption_key: entry.encryptionKey,
    valid_from_ms: BigInt(entry.validFromMs),
    valid_until_ms: BigInt(entry.validUntilMs),
    signature: entry.signature,
    logged_at_ms: nowMs(context),
  }
}
