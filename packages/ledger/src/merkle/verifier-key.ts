import { LedgerInputError } from '../errors.ts'
import { SIGNATURE_TYPES, keyIdOf } from './signed-note.ts'
import type { PublicKey } from './signer.ts'

/** What a key signs: `log` keys sign checkpoints, `witness` keys co-sign them. */
export type VerifierKeyKind = 'log' | 'witness'

const TYPES: Readonly<Record<VerifierKeyKind, number>> = {
  log: SIGNATURE_TYPES.ed25519,
  witness: SIGNATURE_TYPES.cosignature,
}
const KEY_BYTES = 32
const FORM = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/

/** Writes a public key as one line to hand out: `name+key id+base64(type, key)` (C2SP signed-note, verifier keys). */
export function formatVerifierKey(key: PublicKey, kind: VerifierKeyKind): string {
  const id = Buffer.from(keyIdOf(key, TYPES[kind])).toString('hex')
  return `${key.name}+${id}+${Buffer.concat([Uint8Array.of(TYPES[kind]), key.publicKey]).toString('base64')}`
}

/**
 * Reads what {@link formatVerifierKey} wrote. The id in it guards against a key that was mistyped.
 *
 * @throws LedgerInputError if it is no such key, or one of the other kind.
 */
export function parseVerifierKey(text: string, kind: VerifierKeyKind): PublicKey {
  const [, name = '', id = '', encoded = ''] = FORM.exec(text.trim()) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  const key = { name, publicKey: new Uint8Array(bytes.subarray(1)) }
  const isKey = bytes.length === 1 + KEY_BYTES && bytes[0] === TYPES[kind]
  if (isKey && Buffer.from(keyIdOf(key, TYPES[kind])).toString('hex') === id) return key
  throw new LedgerInputError(
    `the ${kind} key`,
    `"${text}"`,
    `name+key id+key with type ${TYPES[kind]}, as in ledger.example+1a2b3c4d+AQ…`,
  )
}
