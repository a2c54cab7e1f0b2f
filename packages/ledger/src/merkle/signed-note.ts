import { hash } from 'node:crypto'
import { NoteMalformedError } from '../errors.ts'
import { NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX } from '../limits.ts'
import type { PublicKey } from './signer.ts'

/** Kinds of signatures under a note, by the byte that their key ids are made with (C2SP signed-note). */
export const SIGNATURE_TYPES: { readonly ed25519: 0x01; readonly cosignature: 0x04 } = {
  ed25519: 0x01,
  cosignature: 0x04,
}

/** One signature line of a note. */
export interface NoteSignature {
  readonly name: string
  /** The 4 bytes that tell keys of one name apart. */
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

/** A text and the signatures under it. */
export interface SignedNote {
  /** What is signed, with its last newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

const KEY_ID_BYTES = 4
const SIGNATURE_LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/

/** Writes a note: the text, an empty line, a line per signature. */
export function formatNote(note: SignedNote): string {
  return `${note.text}\n${note.signatures.map(formatSignature).join('')}`
}

/** One signature line with its newline. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  return `\u2014 ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`
}

/**
 * Reads a note. Nothing is said about who signed it.
 *
 * @throws NoteMalformedError if it is too long, or isn't one.
 */
export function parseNote(note: string): SignedNote {
  if (Buffer.byteLength(note) > NOTE_BYTES_MAX) {
    throw new NoteMalformedError(`it has more than ${NOTE_BYTES_MAX} bytes`)
  }
  const split = note.lastIndexOf('\n\n')
  if (split < 0 || !note.endsWith('\n')) throw new NoteMalformedError('an empty line must end the text')
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > NOTE_SIGNATURES_MAX) {
    throw new NoteMalformedError(`it has more than ${NOTE_SIGNATURES_MAX} signatures`)
  }
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? []
  if (name === undefined || encoded === undefined) throw new NoteMalformedError('a signature line is none')
  const bytes = new Uint8Array(Buffer.from(encoded, 'base64'))
  if (bytes.length <= KEY_ID_BYTES) throw new NoteMalformedError('a signature is too short')
  return { name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) }
}

/** The id of a key: the first 4 bytes of SHA-256(name || 0x0A || type || public key). */
export function keyIdOf(key: PublicKey, type: number): Uint8Array {
  const name = Buffer.from(key.name)
  const bytes = Buffer.concat([name, Uint8Array.of(0x0a, type), key.publicKey])
  return hash('sha256', bytes, 'buffer').subarray(0, KEY_ID_BYTES)
}

/** Signatures that claim to be of a key; the caller checks them. */
export function signaturesOf(note: SignedNote, key: PublicKey, type: number): readonly NoteSignature[] {
  const keyId = keyIdOf(key, type)
  return note.signatures.filter(
    (signature) => signature.name === key.name && Buffer.compare(signature.keyId, keyId) === 0,
  )
}
