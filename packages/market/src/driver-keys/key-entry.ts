import type { DriverKeyEntry, PartyId } from '@shardline/identity'
import type { DriverKeysTable } from '../schema/driver-keys-table.ts'

/** An entry of the log out of its row. */
export function keyEntry(row: Omit<DriverKeysTable, 'logged_at_ms'>): DriverKeyEntry {
  return {
    driverId: row.driver as PartyId,
    sequence: Number(row.sequence),
    encryptionKey: row.encryption_key,
    validFromMs: Number(row.valid_from_ms),
    validUntilMs: Number(row.valid_until_ms),
    signature: row.signature,
  }
}
