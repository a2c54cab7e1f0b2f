import { isSame } from '../bytes.ts'
import { KEY_LOG_PROOF_HASHES_MAX } from '../limits.ts'
import { emptyRoot, hashNode } from './hash.ts'

/** A claim that a leaf is at a place of a tree. */
export interface InclusionClaim {
  /** Hash of the leaf. */
  readonly leaf: Uint8Array
  readonly index: number
  /** Leaves of the tree. */
  readonly size: number
  readonly root: Uint8Array
  /** The leaf's sibling first. */
  readonly hashes: readonly Uint8Array[]
}

/** A claim that one tree goes on from another. */
export interface ConsistencyClaim {
  readonly fromSize: number
  readonly fromRoot: Uint8Array
  readonly toSize: number
  readonly toRoot: Uint8Array
  readonly hashes: readonly Uint8Array[]
}

/** Whether the hashes prove the claim (RFC 9162, 2.1.3.2). */
export function isIncluded({ leaf, index, size, root, hashes }: InclusionClaim): boolean {
  const isPlace = Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size
  if (!isPlace || hashes.length > KEY_LOG_PROOF_HASHES_MAX) return false
  let node = index
  let last = size - 1
  let hash = leaf
  for (const sibling of hashes) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      hash = hashNode(hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && isSame(hash, root)
}

/** Whether the hashes prove the claim (RFC 9162, 2.1.4.2). */
export function isConsistent(claim: ConsistencyClaim): boolean {
  const { fromSize, fromRoot, toSize, toRoot, hashes } = claim
  const areSizes = Number.isSafeInteger(fromSize) && Number.isSafeInteger(toSize)
  if (!areSizes || fromSize < 0 || fromSize > toSize || hashes.length > KEY_LOG_PROOF_HASHES_MAX) return false
  if (fromSize === toSize) return hashes.length === 0 && isSame(fromRoot, toRoot)
  if (fromSize === 0) return hashes.length === 0 && isSame(fromRoot, emptyRoot())
  const isWholeTree = Number.isInteger(Math.log2(fromSize))
  const [first, ...rest] = isWholeTree ? [fromRoot, ...hashes] : hashes
  return first !== undefined && isPathConsistent(claim, first, rest)
}

function isPathConsistent(claim: ConsistencyClaim, first: Uint8Array, rest: readonly Uint8Array[]): boolean {
  let node = claim.fromSize - 1
  let last = claim.toSize - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  let from = first
  let to = first
  for (const hash of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      from = hashNode(hash, from)
      to = hashNode(hash, to)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      to = hashNode(to, hash)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && isSame(from, claim.fromRoot) && isSame(to, claim.toRoot)
}
