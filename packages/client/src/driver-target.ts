import { partyId } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import { fromUnknown } from '@shardline/core'
import { DriverAddressError } from './errors.ts'
import { ADDRESS_CHARS_MAX } from './limits.ts'

/** A driver that can be asked, and who may sign its tokens. */
export interface DriverTarget {
  readonly driver: PartyId
  /** Where it listens, such as `ws://host:port`, without its id; at least one. They are tried in order. */
  readonly addresses: readonly string[]
  /** Who may sign the tokens; undefined: whoever the driver names. Then a driver could choose the tokens itself. */
  readonly validators: readonly PartyId[] | undefined
}

/**
 * Reads `ws://host:port#shard1…`: where a driver listens, and who has to be there.
 *
 * @throws DriverAddressError
 */
export function parseDriverAddress(text: string): DriverTarget {
  const at = text.indexOf('#')
  if (at < 0) throw new DriverAddressError(text, 'it does not say who has to be there')
  const address = text.slice(0, at)
  checkAddress(address, text)
  try {
    return { driver: partyId(text.slice(at + 1)), addresses: [address], validators: undefined }
  } catch (cause) {
    throw new DriverAddressError(text, fromUnknown(cause).message, cause)
  }
}

/** Writes what {@link parseDriverAddress} reads. */
export function formatDriverAddress(address: string, driver: PartyId): string {
  return `${address}#${driver}`
}

/** @throws DriverAddressError if it isn't one that a transport could dial. */
export function checkAddress(address: string, shown: string = address): void {
  if (address.length > ADDRESS_CHARS_MAX) {
    throw new DriverAddressError(shown, `an address has at most ${ADDRESS_CHARS_MAX} characters`)
  }
  if (!/^(?:wss?:\/\/[!-~]+|relays?:\/\/[!-~]+|memory:[!-~]+)$/.test(address) || address.includes('#')) {
    throw new DriverAddressError(shown, 'it is no ws://, wss:// or relay:// address')
  }
}
