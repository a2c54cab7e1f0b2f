import { bech32m } from '@scure/base'
import { fromUnknown } from '@shardline/core'
import { partyIdOf, PUBLIC_KEY_BYTES, publicKeyOf } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import { checkAddress } from './driver-target.ts'
import type { DriverTarget } from './driver-target.ts'
import { InviteInvalidError } from './errors.ts'
import { ADDRESS_CHARS_MAX, INVITE_ADDRESSES_MAX, INVITE_CHARS_MAX, INVITE_VALIDATORS_MAX } from './limits.ts'

const PREFIX = 'shardline'
const VERSION = 1

/**
 * Writes all that a user needs to ask a driver as one line that can be sent in a chat or read from a screen:
 * `shardline1` and, in bech32m (BIP 350) without its limit of 90 characters: version (1 byte), key of the driver (32), number of validators (1),
 * their keys (32 each), number of addresses (1), and each as its length (1) and ASCII. The last six characters are a
 * checksum. It holds no secret: who has it can ask as far as the driver lets everybody.
 *
 * @throws InviteInvalidError if there are no or too many addresses, or too many validators; DriverAddressError.
 */
export function formatInvite(target: DriverTarget): string {
  const { driver, addresses, validators = [] } = target
  if (addresses.length < 1 || addresses.length > INVITE_ADDRESSES_MAX) {
    throw new InviteInvalidError(
      `${addresses.length} addresses were given; 1 to ${INVITE_ADDRESSES_MAX} are allowed`,
    )
  }
  if (validators.length > INVITE_VALIDATORS_MAX) {
    throw new InviteInvalidError(
      `${validators.length} validators were given; at most ${INVITE_VALIDATORS_MAX} are allowed`,
    )
  }
  const bytes = [VERSION, ...publicKeyOf(driver), validators.length]
  for (const validator of validators) bytes.push(...publicKeyOf(validator))
  bytes.push(addresses.length)
  for (const address of addresses) {
    checkAddress(address)
    bytes.push(address.length, ...new TextEncoder().encode(address))
  }
  return bech32m.encode(PREFIX, bech32m.toWords(Uint8Array.from(bytes)), false)
}

/**
 * Reads an invite. Spaces and line breaks, as mail programs add them, don't matter.
 *
 * @throws InviteInvalidError if it was changed, cut or is of another version.
 */
export function parseInvite(text: string): DriverTarget {
  const reader = new InviteReader(decode(text))
  const version = reader.byte()
  if (version !== VERSION)
    throw new InviteInvalidError(`it is of version ${version}; this program reads ${VERSION}`)
  const driver = reader.party()
  const validators = Array.from({ length: reader.count(0, INVITE_VALIDATORS_MAX) }, () => reader.party())
  const addresses = Array.from({ length: reader.count(1, INVITE_ADDRESSES_MAX) }, () => reader.address())
  reader.end()
  return { driver, addresses, validators: validators.length === 0 ? undefined : validators }
}

function decode(text: string): Uint8Array {
  const line = text.replaceAll(/\s/g, '')
  if (line.length > INVITE_CHARS_MAX)
    throw new InviteInvalidError(`it has more than ${INVITE_CHARS_MAX} characters`)
  if (!line.startsWith(`${PREFIX}1`)) throw new InviteInvalidError('it does not begin with shardline1')
  try {
    return bech32m.fromWords(bech32m.decode(line as `${string}1${string}`, false).words)
  } catch (cause) {
    throw new InviteInvalidError('its checksum is wrong: a character was changed or is missing', cause)
  }
}

class InviteReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  byte(): number {
    return this.#take(1)[0] ?? 0
  }

  count(least: number, most: number): number {
    const count = this.byte()
    if (count >= least && count <= most) return count
    throw new InviteInvalidError(`it counts ${count} entries where ${least} to ${most} are allowed`)
  }

  party(): PartyId {
    try {
      return partyIdOf(this.#take(PUBLIC_KEY_BYTES))
    } catch (cause) {
      throw new InviteInvalidError(fromUnknown(cause).message, cause)
    }
  }

  address(): string {
    const address = new TextDecoder().decode(this.#take(this.count(1, ADDRESS_CHARS_MAX)))
    try {
      checkAddress(address)
    } catch (cause) {
      throw new InviteInvalidError(fromUnknown(cause).message, cause)
    }
    return address
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw new InviteInvalidError('there is more in it than it says')
  }

  #take(length: number): Uint8Array {
    const part = this.#bytes.subarray(this.#offset, this.#offset + length)
    if (part.length !== length) throw new InviteInvalidError('it is cut short')
    this.#offset += length
    return part
  }
}
