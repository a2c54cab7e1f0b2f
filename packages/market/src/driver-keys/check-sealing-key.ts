import { MESSAGE_AGE_MS_MAX, checkDriverKey } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { DriverKeyRefusedError, MarketInputError } from '../errors.ts'
import type { NodeInit } from '../node/listing.ts'

/**
 * Checks the key that a node names: its own, signed by it, valid now. Only drivers have one.
 *
 * @throws MarketInputError; DriverKeyRefusedError if it isn't valid now.
 */
export async function checkSealingKey(
  { clock }: Pick<MarketContext, 'clock'>,
  who: PartyId,
  { roles, sealingKey }: NodeInit,
): Promise<void> {
  if (sealingKey === undefined) return
  if (!roles.includes('driver')) {
    throw new MarketInputError('sealing key', `one of a node that is ${roles.join(', ')}`, 'left to drivers')
  }
  const isOwn = sealingKey.driverId === who && (await isSigned(sealingKey))
  if (!isOwn) throw new MarketInputError('sealing key', 'none of these', "the signer's own, signed by it")
  const { validFromMs, validUntilMs } = sealingKey
  const now = clock.now()
  // Clocks may differ as much as for messages.
  if (now > validUntilMs || now < validFromMs - MESSAGE_AGE_MS_MAX) {
    throw new DriverKeyRefusedError(who, 'not valid now', { validFromMs, validUntilMs })
  }
}

async function isSigned(entry: NonNullable<NodeInit['sealingKey']>): Promise<boolean> {
  try {
    await checkDriverKey(entry)
    return true
  } catch {
    return false
  }
}
