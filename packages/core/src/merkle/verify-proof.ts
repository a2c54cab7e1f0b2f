import { PROOF_HASHES_MAX } from '../limits.ts'
import type { ConsistencyProof, InclusionProof } from './audit-path.ts'
import type { Hash } from './hash.ts'
import { emptyRoot, hashNode, isSameHash } from './hash.ts'

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

/** Whether a proof shows that the tree of `toRoot` begins with the one of `fromRoot` (RFC 9162, 2.1.4.2). */
export function isConsistent(proof: ConsistencyProof, fromRoot: Hash, toRoot: Hash): boolean {
  const { fromSize, toSize, hashes } = proof
  if (fromSize < 0n || fromSize > toSize || hashes.length > PROOF_HASHES_MAX) return false
  if (fromSize === toSize) return hashes.length === 0 && isSameHash(fromRoot, toRoot)
  if (fromSize === 0n) return hashes.length === 0 && isSameHash(fromRoot, emptyRoot())
  const isPowerOfTwo = (fromSize & (fromSize - 1n)) === 0n
  const [start, ...rest] = isPowerOfTwo ? [fromRoot, ...hashes] : hashes
  return start !== undefined && walk({ start, rest, fromSize, toSize }, fromRoot, toRoot)
}

interface Walk {
  readonly start: Hash
  readonly rest: readonly Hash[]
  readonly fromSize: bigint
  readonly toSize: bigint
}

function walk({ start, rest, fromSize, toSize }: Walk, fromRoot: Hash, toRoot: Hash): boolean {
  let node = fromSize - 1n
  let last = toSize - 1n
  while ((node & 1n) === 1n) {
    node >>= 1n
    last >>= 1n
  }
  let from = start
  let to = start
  for (const sibling of rest) {
    if (last === 0n) return false
    if ((node & 1n) === 1n || node === last) {
      from = hashNode(sibling, from)
      to = hashNode(sibling, to)
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n
        last >>= 1n
      }
    } else {
      to = hashNode(to, sibling)
    }
    node >>= 1n
    last >>= 1n
  }
  return last === 0n && isSameHash(from, fromRoot) && isSameHash(to, toRoot)
}
