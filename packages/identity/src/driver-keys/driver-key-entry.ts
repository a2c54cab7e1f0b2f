import { hashLeaf } from '@shardline/core'
import { fromBase64Url } from '../bytes.ts'
import { canonicalJson } from '../canonical-json.ts'
import { DriverKeyForgedError, DriverKeyInvalidError } from '../errors.ts'
import type { Identity } from '../identity.ts'
import { DRIVER_KEY_MS_MAX } from '../limits.ts'
import { partyId } from '../party-id.ts'
import type { PartyId } from '../party-id.ts'
import { ENCRYPTION_KEY_BYTES } from '../sealing/encryption-key.ts'
import { signStatement, verifyStatement } from '../statement.ts'

/** What a driver says about one of its encryption keys. */
export interface DriverKeyFields {
  readonly driverId: PartyId
  /** Counts the driver's keys from 0. A log that the driver joined late, or missed a rotation of, has gaps. */
  readonly sequence: number
  /** The X25519 public key, 32 bytes in base64url. */
  readonly encryptionKey: string
  /** Milliseconds since the Unix epoch, both. */
  readonly validFromMs: number
  readonly validUntilMs: number
}

/** The same with the driver's signature: plain JSON. */
export interface DriverKeyEntry extends DriverKeyFields {
  /** 64 bytes in base64url, a statement for the purpose `driver-key`. */
  readonly signature: string
}

/** Signs a key of `identity`. @throws DriverKeyInvalidError if a field is not of its kind. */
export function signDriverKey(identity: Identity, fields: Omit<DriverKeyFields, 'driverId'>): DriverKeyEntry {
  const { sequence, encryptionKey, validFromMs, validUntilMs } = fields
  const whole = { driverId: identity.id, sequence, encryptionKey, validFromMs, validUntilMs }
  checkFields(whole)
  return { ...whole, signature: signStatement(identity, { purpose: 'driver-key', body: whole }) }
}

/**
 * Checks an entry that may come from anyone. Whether it is the driver's newest, and valid now, is not said.
 *
 * @throws DriverKeyInvalidError if a field is not of its kind; DriverKeyForgedError if the driver didn't sign it.
 */
export async function checkDriverKey(entry: DriverKeyEntry): Promise<void> {
  const fields = fieldsOf(entry)
  checkFields(fields)
  const statement = { purpose: 'driver-key', body: { ...fields } }
  const isSigned =
    typeof entry.signature === 'string' &&
    (await verifyStatement(statement, fields.driverId, entry.signature))
  if (!isSigned) throw new DriverKeyForgedError(fields.driverId)
}

/** Leaf of an entry in the log of all entries: the hash of its canonical JSON, signature and all. */
export function driverKeyLeaf(entry: DriverKeyEntry): Uint8Array {
  return hashLeaf(canonicalJson({ ...fieldsOf(entry), signature: entry.signature }))
}

/** The 32 bytes that prompts are sealed to. @throws DriverKeyInvalidError if they are none. */
export function encryptionKeyOfEntry(entry: DriverKeyFields): Uint8Array {
  const key = fromBase64Url(entry.encryptionKey, ENCRYPTION_KEY_BYTES)
  if (key === undefined) throw new DriverKeyInvalidError('encryptionKey', '32 bytes in base64url')
  return key
}

/** Nothing but the fields of an entry, whatever else an object from outside has. */
function fieldsOf({
  driverId,
  sequence,
  encryptionKey,
  validFromMs,
  validUntilMs,
}: DriverKeyEntry): DriverKeyFields {
  return { driverId, sequence, encryptionKey, validFromMs, validUntilMs }
}

function checkFields(fields: DriverKeyFields): void {
  const { driverId, sequence, encryptionKey, validFromMs, validUntilMs } = fields
  if (typeof driverId !== 'string') throw new DriverKeyInvalidError('driverId', 'an id')
  partyId(driverId)
  if (!Number.isSafeInteger(sequence) || sequence < 0)
    throw new DriverKeyInvalidError('sequence', 'a whole number')
  if (typeof encryptionKey !== 'string') throw new DriverKeyInvalidError('encryptionKey', 'a text')
  encryptionKeyOfEntry(fields)
  const areTimes = Number.isSafeInteger(validFromMs) && Number.isSafeInteger(validUntilMs)
  if (!areTimes || validUntilMs <= validFromMs || validUntilMs - validFromMs > DRIVER_KEY_MS_MAX) {
    throw new DriverKeyInvalidError('validUntilMs', `after validFromMs, by at most ${DRIVER_KEY_MS_MAX} ms`)
  }
}
