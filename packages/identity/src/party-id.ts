import { ed25519 } from '@noble/curves/ed25519.js'
import { bech32m } from '@scure/base'
import type { Branded } from '@shardline/core'
import { PartyIdInvalidError } from './errors.ts'

/**
 * Who someone is: the Ed25519 public key as bech32m (BIP 350) with the prefix `shard`, 64 characters in lower case.
 * The checksum finds every mistake in up to four characters.
 */
export type PartyId = Branded<string, 'PartyId'>

/** Bytes of an Ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32

const PREFIX = 'shard'
const ID_CHARACTERS = 64

/**
 * Reads an id that someone wrote.
 *
 * @throws PartyIdInvalidError if the prefix, length, case or checksum is wrong, or the key is one that can't be trusted:
 * not a point of the curve in its only encoding, or of small order (anyone could sign for those).
 */
export function partyId(text: string): PartyId {
  const key = decode(text)
  checkPoint(text, key)
  return text as PartyId
}

/**
 * The id of a public key.
 *
 * @throws PartyIdInvalidError as {@link partyId}.
 */
export function partyIdOf(publicKey: Uint8Array): PartyId {
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new PartyIdInvalidError('', `a public key has ${PUBLIC_KEY_BYTES} bytes, not ${publicKey.length}`)
  }
  const text = bech32m.encode(PREFIX, bech32m.toWords(publicKey))
  checkPoint(text, publicKey)
  return text as PartyId
}

/** The 32 bytes of the public key behind an id. */
export function publicKeyOf(id: PartyId): Uint8Array {
  return decode(id)
}

function decode(text: string): Uint8Array {
  if (text.length !== ID_CHARACTERS) {
    throw new PartyIdInvalidError(text, `an id has ${ID_CHARACTERS} characters, not ${text.length}`)
  }
  if (text !== text.toLowerCase()) throw new PartyIdInvalidError(text, 'an id is written in lower case')
  if (!text.startsWith(`${PREFIX}1`)) throw new PartyIdInvalidError(text, `an id begins with ${PREFIX}1`)
  const decoded = bech32m.decodeUnsafe(text)
  if (decoded === undefined)
    throw new PartyIdInvalidError(text, 'its checksum is wrong: a character was changed')
  const key = bech32m.fromWordsUnsafe(decoded.words)
  if (key === undefined) throw new PartyIdInvalidError(text, 'its last bits must be zero')
  return new Uint8Array(key)
}

/** RFC 8032, 5.1.3, strictly: y below p, x exists, no negative zero; and not one of the eight points of small order. */
function checkPoint(text: string, key: Uint8Array): void {
  let isSmall: boolean
  try {
    isSmall = ed25519.Point.fromBytes(key, false).isSmallOrder()
  } catch {
    throw new PartyIdInvalidError(text, 'its key is no point of the curve in canonical form')
  }
  if (isSmall) throw new PartyIdInvalidError(text, 'its key is of small order: anyone could sign for it')
}
