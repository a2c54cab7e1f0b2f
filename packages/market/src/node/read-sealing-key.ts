import { checkDriverKey } from '@shardline/identity'
import type { DriverKeyEntry, PartyId } from '@shardline/identity'
import { MarketInputError } from '../errors.ts'

/**
 * A driver's key to seal to, with its signature and nothing else: what the market keeps was signed by whose it is, and
 * has no room for words.
 *
 * @throws MarketInputError unless it's a key of `who`, signed by it.
 */
export async function readSealingKey(
  who: PartyId,
  given: Readonly<Record<string, unknown>>,
): Promise<DriverKeyEntry> {
  // What came from outside; checkDriverKey looks at every field.
  const { driverId, sequence, encryptionKey, validFromMs, validUntilMs, signature } =
    given as unknown as DriverKeyEntry
  const entry = { driverId, sequence, encryptionKey, validFromMs, validUntilMs, signature }
  const isOwn =
    driverId === who &&
    (await checkDriverKey(entry).then(
      () => true,
      () => false,
    ))
  if (!isOwn) throw new MarketInputError('sealing key', 'none of these', "the signer's own, signed by it")
  return entry
}
