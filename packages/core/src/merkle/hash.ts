import { sha256 } from '#sha256'

/** A SHA-256 hash, 32 bytes. */
export type Hash = Uint8Array

/** Bytes of a {@link Hash}. */
export const HASH_BYTES = 32

const LEAF_PREFIX = 0
const NODE_PREFIX = 1

/** Hash of a leaf: SHA-256(0x00 || entry) (RFC 6962, 2.1). */
export function hashLeaf(entry: Uint8Array): Hash {
  const bytes = new Uint8Array(1 + entry.length)
  bytes[0] = LEAF_PREFIX
  bytes.set(entry, 1)
  return sha256(bytes)
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962, 2.1). The prefixes keep leaves and nodes apart. */
export function hashNode(left: Hash, right: Hash): Hash {
  const bytes = new Uint8Array(1 + left.length + right.length)
  bytes[0] = NODE_PREFIX
  bytes.set(left, 1)
  bytes.set(right, 1 + left.length)
  return sha256(bytes)
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array())
}

/** Whether two hashes are equal. They are public, so time may tell. */
export function isSameHash(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
