import { concat, isSame } from '../bytes.ts'
import { AnswerMalformedError } from '../errors.ts'
import { ENCRYPTION_KEY_BYTES } from './encryption-key.ts'

/** `SLAN`, then the version. */
const PREFIX = Uint8Array.of(0x53, 0x4c, 0x41, 0x4e, 1)

/** Bytes of what goes before the first chunk of a sealed answer. */
export const ANSWER_HEADER_BYTES: number = PREFIX.length + ENCRYPTION_KEY_BYTES

/** What a sealed answer begins with: prefix, version, the sealer's one-time X25519 key. */
export function writeAnswerHeader(senderKey: Uint8Array): Uint8Array {
  return concat(PREFIX, senderKey)
}

/** The sealer's one-time key. @throws AnswerMalformedError if the bytes are no such header. */
export function readAnswerHeader(header: Uint8Array): Uint8Array {
  const isHeader = header.length === ANSWER_HEADER_BYTES
  if (!isHeader || !isSame(header.subarray(0, PREFIX.length), PREFIX)) {
    throw new AnswerMalformedError('it does not begin as one of this version does')
  }
  return header.slice(PREFIX.length)
}
