import { KEY_BYTES, SEAL_BYTES } from './link-crypto.ts'
import { PROOF_BYTES } from './identity-proof.ts'

/** Version of the secure handshake. Both sides must speak the same: there is nothing to fall back to. */
export const HANDSHAKE_VERSION = 1

/** What a record of the handshake holds: one of its three messages, or the code of a refusal. */
export type HandshakeRecordKind = 'first' | 'second' | 'third' | 'refusal'

/** "SH", as a frame begins with "SL". */
const MAGIC = [0x53, 0x48] as const
const PREFIX_BYTES = 4

const KIND_NUMBERS: Readonly<Record<HandshakeRecordKind, number>> = {
  first: 1,
  second: 2,
  third: 3,
  refusal: 255,
}

const SEALED_PROOF_BYTES = PROOF_BYTES + SEAL_BYTES
const SEALED_KEY_BYTES = KEY_BYTES + SEAL_BYTES

/** Characters of a refusal's code; codes of errors are shorter. */
const CODE_CHARS_MAX = 64

const BODY_BYTES: Readonly<Record<Exclude<HandshakeRecordKind, 'refusal'>, number>> = {
  first: KEY_BYTES,
  second: KEY_BYTES + SEALED_KEY_BYTES + SEALED_PROOF_BYTES,
  third: SEALED_KEY_BYTES + SEALED_PROOF_BYTES,
}

/** Writes a record: "SH", version, kind, body. */
export function writeRecord(kind: HandshakeRecordKind, body: Uint8Array): Uint8Array {
  const record = new Uint8Array(PREFIX_BYTES + body.byteLength)
  record.set([...MAGIC, HANDSHAKE_VERSION, KIND_NUMBERS[kind]])
  record.set(body, PREFIX_BYTES)
  return record
}

/** What a record says: a message of the handshake, the code of a refusal, or what is wrong with it. */
export type ReadRecord =
  { readonly body: Uint8Array } | { readonly refusal: string } | { readonly wrong: string }

/** Reads a record where a message of `kind` is expected. Whatever is wrong is said before any cryptography. */
export function readRecord(kind: Exclude<HandshakeRecordKind, 'refusal'>, record: Uint8Array): ReadRecord {
  const [first, second, version, number] = record
  if (first !== MAGIC[0] || second !== MAGIC[1]) return { wrong: 'it does not speak the secure handshake' }
  if (version !== HANDSHAKE_VERSION) {
    return {
      wrong: `it speaks version ${version ?? 'none'} of the secure handshake; this side speaks ${HANDSHAKE_VERSION}`,
    }
  }
  const body = record.subarray(PREFIX_BYTES)
  if (number === KIND_NUMBERS.refusal) return readRefusal(body)
  if (number !== KIND_NUMBERS[kind] || body.byteLength !== BODY_BYTES[kind]) {
    return { wrong: `the ${kind} message of the handshake is not what came` }
  }
  return { body }
}

/** The record that tells why there will be no link. Nobody vouches for it: it only saves the other side guessing. */
export function writeRefusal(code: string): Uint8Array {
  return writeRecord('refusal', new TextEncoder().encode(code.slice(0, CODE_CHARS_MAX)))
}

/** The code of the refusal that a record is; undefined if it is none. */
export function refusalIn(record: Uint8Array): string | undefined {
  const read = readRecord('first', record)
  return 'refusal' in read ? read.refusal : undefined
}

function readRefusal(body: Uint8Array): ReadRecord {
  const refusal = String.fromCharCode(...body.subarray(0, CODE_CHARS_MAX))
  return /^[A-Z][A-Z0-9_]*$/.test(refusal) ? { refusal } : { wrong: 'its refusal is not readable' }
}
