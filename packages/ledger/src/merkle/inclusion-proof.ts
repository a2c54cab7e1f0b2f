import { ProofRangeError } from '../errors.ts'
import { PROOF_HASHES_MAX } from '../limits.ts'
import { hashNode, isSameHash } from './hash.ts'
import type { Hash } from './hash.ts'
import { rangeRoot, splitPoint } from './tree.ts'
import type { LeafRange, ReadNode } from './tree.ts'

/** Shows that a leaf is at a place of a tree. */
export interface InclusionProof {
  readonly index: bigint
  /** Leaves of the tree. */
  readonly size: bigint
  /** Roots of what lies beside the way from the leaf to the root, the leaf's sibling first. */
  readonly hashes: readonly Hash[]
}

/**
 * Audit path of a leaf (RFC 6962, 2.1.1).
 *
 * @throws ProofRangeError if the tree has no such leaf.
 */
export async function proveInclusion(
  index: bigint,
  size: bigint,
  readNode: ReadNode,
): Promise<InclusionProof> {
  if (index < 0n || index >= size) throw new ProofRangeError(`leaf ${index} of a tree of ${size}`)
  const hashes: Hash[] = []
  let range: LeafRange = { first: 0n, count: size }
  while (range.count > 1n) {
    const split = splitPoint(range.count)
    const left = { first: range.first, count: split }
    const right = { first: range.first + split, count: range.count - split }
    const isLeft = index < right.first
    hashes.push(await rangeRoot(isLeft ? right : left, readNode))
    range = isLeft ? left : right
  }
  return { index, size, hashes: hashes.toReversed() }
}

/** Whether a proof shows that the leaf of that hash is in the tree of that root (RFC 9162, 2.1.3.2). */
export function isIncluded(proof: InclusionProof, leaf: Hash, root: Hash): boolean {
  const { index, size, hashes } = proof
  if (index < 0n || index >= size || hashes.length > PROOF_HASHES_MAX) return false
  let node = index
  let last = size - 1n
  let hash = leaf
  for (const sibling of hashes) {
    if (last === 0n) return false
    if ((node & 1n) === 1n || node === last) {
      hash = hashNode(sibling, hash)
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n
        last >>= 1n
      }
    } else {
      hash = hashNode(hash, sibling)
    }
    node >>= 1n
    last >>= 1n
  }
  return last === 0n && isSameHash(hash, root)
}
