import { isIncluded } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { DriverKeyExpiredError, DriverKeyNotCurrentError } from '../errors.ts'
import { MESSAGE_AGE_MS_MAX } from '../limits.ts'
import type { PartyId } from '../party-id.ts'
import { checkDriverKey, encryptionKeyOfEntry } from './driver-key-entry.ts'
import { newestKeyLeaf } from './driver-key-log.ts'
import type { DriverKeyProof } from './driver-key-log.ts'
import type { KeyLogCheckpoint } from './key-log-checkpoint.ts'

/** What {@link verifyDriverKey} takes. */
export interface VerifyDriverKeyInit {
  /** The driver that the user chose. */
  readonly driverId: PartyId
  readonly proof: DriverKeyProof
  /** One that a {@link KeyLogWatch} accepted. */
  readonly checkpoint: KeyLogCheckpoint
  readonly clock: Pick<Clock, 'now'>
}

/**
 * The X25519 key to seal to: signed by the driver itself, the newest of its keys in the log, and valid now.
 *
 * @throws DriverKeyInvalidError, DriverKeyForgedError, DriverKeyNotCurrentError, DriverKeyExpiredError.
 */
export async function verifyDriverKey(init: VerifyDriverKeyInit): Promise<Uint8Array> {
  const { driverId, proof, clock } = init
  const { entry } = proof
  if (entry.driverId !== driverId)
    throw new DriverKeyNotCurrentError(driverId, 'the entry is of another driver')
  await checkDriverKey(entry)
  if (!isNewest(init, newestKeyLeaf(entry))) {
    throw new DriverKeyNotCurrentError(driverId, 'the log has another one')
  }
  checkPeriod(entry, clock.now())
  return encryptionKeyOfEntry(entry)
}

/** Whether the log shows that leaf at the place that the proof names. */
function isNewest({ proof, checkpoint }: VerifyDriverKeyInit, leaf: Uint8Array): boolean {
  const { index, hashes } = proof
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(checkpoint.drivers)) return false
  const size = BigInt(checkpoint.drivers)
  return isIncluded({ index: BigInt(index), size, hashes }, leaf, checkpoint.keysRoot)
}

/** @throws DriverKeyExpiredError outside of the time that the driver gave; clocks may differ as for messages before it. */
function checkPeriod(entry: DriverKeyProof['entry'], nowMs: number): void {
  if (nowMs > entry.validUntilMs || nowMs < entry.validFromMs - MESSAGE_AGE_MS_MAX) {
    throw new DriverKeyExpiredError(entry.validFromMs, entry.validUntilMs)
  }
}
