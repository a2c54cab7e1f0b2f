import { ProofRangeError } from '../errors.ts'
import { PROOF_HASHES_MAX } from '../limits.ts'
import { emptyRoot, hashNode, isSameHash } from './hash.ts'
import type { Hash } from './hash.ts'
import { rangeRoot, splitPoint } from './tree.ts'
import type { LeafRange, ReadNode } from './tree.ts'

/** Shows that a tree begins with all that a smaller one held, in the same order. */
export interface ConsistencyProof {
  readonly fromSize: bigint
  readonly toSize: bigint
  readonly hashes: readonly Hash[]
}

/**
 * Consistency proof between two sizes (RFC 6962, 2.1.2).
 *
 * @throws ProofRangeError if `fromSize` is above `toSize` or negative.
 */
export async function proveConsistency(
  fromSize: bigint,
  toSize: bigint,
  readNode: ReadNode,
): Promise<ConsistencyProof> {
  if (fromSize < 0n || fromSize > toSize) {
    throw new ProofRangeError(`from ${fromSize} leaves to ${toSize}`)
  }
  const hashes: Hash[] = []
  if (fromSize > 0n && fromSize < toSize) {
    let range: LeafRange = { first: 0n, count: toSize }
    // Whether the smaller tree's root is the root of what lies left of the way: then it need not be told.
    let isOldRootKnown = true
    while (fromSize - range.first !== range.count) {
      const split = splitPoint(range.count)
      const left = { first: range.first, count: split }
      const right = { first: range.first + split, count: range.count - split }
      const isLeft = fromSize <= right.first
      hashes.push(await rangeRoot(isLeft ? right : left, readNode))
      if (!isLeft) isOldRootKnown = false
      range = isLeft ? left : right
    }
    if (!isOldRootKnown) hashes.push(await rangeRoot(range, readNode))
  }
  return { fromSize, toSize, hashes: hashes.toReversed() }
}

/** Whether a proof shows that the tree of `toRoot` begins with the one of `fromRoot` (RFC 9162, 2.1.4.2). */
export function isConsistent(proof: ConsistencyProof, fromRoot: Hash, toRoot: Hash): boolean {
  const { fromSize, toSize, hashes } = proof
  if (fromSize < 0n || fromSize > toSize || hashes.length > PROOF_HASHES_MAX) return false
  if (fromSize === 0n) return hashes.length === 0 && isSameHash(fromRoot, emptyRoot())
  if (fromSize === toSize) return hashes.length === 0 && isSameHash(fromRoot, toRoot)
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
