import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from '../bytes.ts'

/** Bytes of a hash of the tree. */
export const HASH_BYTES = 32

/** Hash of a leaf (RFC 6962, 2.1): SHA-256(0x00 || data). */
export function hashLeaf(data: Uint8Array): Uint8Array {
  return sha256(concat(Uint8Array.of(0), data))
}

/** Hash of two subtrees (RFC 6962, 2.1): SHA-256(0x01 || left || right). */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(Uint8Array.of(1), left, right))
}

/** Root of a tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array())
}
