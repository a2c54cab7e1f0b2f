import { InvalidValueError } from '@shardline/core'
import type { DriverKey } from '../driver-keys/rotate-driver-keys.ts'

/** Everything secret that one party has: whoever holds it is that party. */
export interface PartyKeys {
  /** 32 bytes that the identity and the history key are made from. */
  readonly seed: Uint8Array
  /** Keys that others seal to, the newest last; only drivers have some. */
  readonly driverKeys: readonly DriverKey[]
}

/** @throws InvalidValueError if the length of a passphrase is not allowed. */
export function checkPassphrase(bytes: Uint8Array, bytesMax: number): void {
  if (bytes.length >= 1 && bytes.length <= bytesMax) return
  throw new InvalidValueError(`a passphrase has ${bytes.length} bytes; 1 to ${bytesMax} are allowed`)
}
