import { ManualClock, SeededRandom } from '@shardline/core'
import { MemoryNonces, historyKeyFromSeed, identityFromSeed } from '../../src/index.ts'
import type { HistoryKey, Identity } from '../../src/index.ts'

/** A time that real messages have: milliseconds since the Unix epoch. */
export const NOW_MS = 1_800_000_000_000

/** Someone with all that is made from one seed. */
export interface Party {
  readonly identity: Identity
  readonly historyKey: HistoryKey
  readonly seed: Uint8Array
}

/** The same party for the same number. */
export async function partyOf(number: number): Promise<Party> {
  const seed = new SeededRandom(number).bytes(32)
  return { seed, identity: await identityFromSeed(seed), historyKey: historyKeyFromSeed(seed) }
}

/** A clock that stands, randomness with a seed, and an empty memory of nonces. */
export function world(seed = 1): {
  readonly clock: ManualClock
  readonly random: SeededRandom
  readonly nonces: MemoryNonces
} {
  const clock = new ManualClock(NOW_MS)
  return { clock, random: new SeededRandom(seed), nonces: new MemoryNonces({ clock }) }
}

/** Bytes of a text. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Text of bytes. */
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Bytes of hexadecimal digits. */
export const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))

/** A copy in which the bit of that number is the other one. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}
