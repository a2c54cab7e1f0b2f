import type { Clock } from '@shardline/core'
import {
  checkDriverKey,
  DriverKeyExpiredError,
  DriverKeyNotCurrentError,
  encryptionKeyOfEntry,
  MESSAGE_AGE_MS_MAX,
} from '@shardline/identity'
import type { DriverKeyEntry, PartyId } from '@shardline/identity'
import type { OfferMessage } from '@shardline/wire'
import type { OfferedModel } from './answer-source.ts'
import { DriverAnswerInvalidError } from './errors.ts'

/** What a driver offers, checked. */
export interface Offer {
  readonly models: readonly OfferedModel[]
  /** X25519 key of the driver, 32 bytes. */
  readonly sealingKey: Uint8Array
}

/**
 * Checks an offer: the key that prompts are to be sealed to is signed by the driver itself, and valid now.
 *
 * @throws DriverAnswerInvalidError; DriverKeyInvalidError, DriverKeyForgedError, DriverKeyNotCurrentError or
 * DriverKeyExpiredError of `@shardline/identity`.
 */
export async function checkOffer(
  message: OfferMessage,
  { driver, clock }: { readonly driver: PartyId; readonly clock: Pick<Clock, 'now'> },
): Promise<Offer> {
  const entry = parseEntry(message.sealingKey, driver)
  await checkDriverKey(entry)
  if (entry.driverId !== driver) throw new DriverKeyNotCurrentError(driver, 'the entry is of another driver')
  const nowMs = clock.now()
  if (nowMs > entry.validUntilMs || nowMs < entry.validFromMs - MESSAGE_AGE_MS_MAX) {
    throw new DriverKeyExpiredError(entry.validFromMs, entry.validUntilMs)
  }
  return { models: message.models, sealingKey: encryptionKeyOfEntry(entry) }
}

/** The fields are checked by who verifies the signature. */
function parseEntry(json: string, driver: PartyId): DriverKeyEntry {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null) return value as DriverKeyEntry
  } catch (cause) {
    throw new DriverAnswerInvalidError(driver, 'the key of its offer is no JSON', cause)
  }
  throw new DriverAnswerInvalidError(driver, 'the key of its offer is no object')
}
