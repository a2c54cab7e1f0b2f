import { hash } from 'node:crypto'

/** A SHA-256 hash, 32 bytes. */
export type Hash = Uint8Array

/** Bytes of a {@link Hash}. */
export const HASH_BYTES = 32

const LEAF_PREFIX = Uint8Array.of(0)
const NODE_PREFIX = Uint8Array.of(1)

/** Hash of a leaf: SHA-256(0x00 || entry) (RFC 6962, 2.1). */
export function hashLeaf(entry: Uint8Array): Hash {
  return sha256(Buffer.concat([LEAF_PREFIX, entry]))
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962, 2.1). The prefixes keep leaves and nodes apart. */
export function hashNode(left: Hash, right: Hash): Hash {
  return sha256(Buffer.concat([NODE_PREFIX, left, right]))
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array())
}

/** Whether two hashes are equal. They are public, so time may tell. */
export function isSameHash(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0
}

/** SHA-256 of some bytes. */
export function sha256(bytes: Uint8Array): Hash {
  return hash('sha256', bytes, 'buffer')
}
