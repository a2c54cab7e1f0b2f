import { createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Who signs: a name as in `example.org/ledger`, an Ed25519 public key, and a way to sign that may ask another device. */
export interface Signer {
  readonly name: string
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** The 64 bytes of an Ed25519 signature over `message`. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** Whose signatures are expected. */
export interface PublicKey {
  readonly name: string
  /** 32 bytes of an Ed25519 public key. */
  readonly publicKey: Uint8Array
}

/** What an Ed25519 public key has before its 32 bytes in DER (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** A signer with an Ed25519 private key in this process. */
export function ed25519Signer(name: string, privateKey: KeyObject): Signer {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return {
    name,
    publicKey: new Uint8Array(spki.subarray(SPKI_PREFIX.length)),
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))),
  }
}

/** Whether `signature` is one of `publicKey` over `message`. */
export function isEd25519Signature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, publicKey]),
    format: 'der',
    type: 'spki',
  })
  return verify(null, message, key, signature)
}
