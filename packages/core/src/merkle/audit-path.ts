import { assert } from '../errors.ts'
import type { LeafRange } from './leaf-range.ts'
import { splitRange } from './leaf-range.ts'

/** Shows that a leaf is at a place of a tree. */
export interface InclusionProof {
  readonly index: bigint
  /** Leaves of the tree. */
  readonly size: bigint
  /** Roots of what lies beside the way from the leaf to the root, the leaf's sibling first. */
  readonly hashes: readonly Uint8Array[]
}

/** Shows that a tree begins with all that a smaller one held, in the same order. */
export interface ConsistencyProof {
  readonly fromSize: bigint
  readonly toSize: bigint
  readonly hashes: readonly Uint8Array[]
}

/** The runs of leaves whose roots prove a leaf of a tree, its sibling first (RFC 6962, 2.1.1). */
export function inclusionPath(index: bigint, size: bigint): readonly LeafRange[] {
  assert(index >= 0n && index < size, `leaf ${index} of a tree of ${size}`)
  const path: LeafRange[] = []
  let range: LeafRange = { first: 0n, count: size }
  while (range.count > 1n) {
    const [left, right] = splitRange(range)
    const isLeft = index < right.first
    path.push(isLeft ? right : left)
    range = isLeft ? left : right
  }
  return path.toReversed()
}

/** The runs of leaves whose roots show that a tree goes on from a smaller one (RFC 6962, 2.1.2). */
export function consistencyPath(fromSize: bigint, toSize: bigint): readonly LeafRange[] {
  assert(fromSize >= 0n && fromSize <= toSize, `from ${fromSize} to ${toSize} leaves`)
  const path: LeafRange[] = []
  if (fromSize === 0n || fromSize === toSize) return path
  let range: LeafRange = { first: 0n, count: toSize }
  while (range.first + range.count !== fromSize) {
    const [left, right] = splitRange(range)
    const isLeft = fromSize <= right.first
    path.push(isLeft ? right : left)
    range = isLeft ? left : right
  }
  // The old root itself is known to who asks.
  if (range.first > 0n) path.push(range)
  return path.toReversed()
}
