import { emptyRoot, hashNode } from './hash.ts'
import type { Hash } from './hash.ts'

/** Tells the root of the complete subtree of `2^height` leaves from leaf `index * 2^height` on. */
export type ReadNode = (height: number, index: bigint) => Promise<Hash>

/** A run of leaves: from `first`, `count` of them. */
export interface LeafRange {
  readonly first: bigint
  readonly count: bigint
}

/** The largest power of two below `size`: where a tree is split (RFC 6962, 2.1). `size` is at least 2. */
export function splitPoint(size: bigint): bigint {
  return 1n << BigInt((size - 1n).toString(2).length - 1)
}

/** Root over a run of leaves that begins where a split puts it, from the complete subtrees that it is made of. */
export async function rangeRoot(range: LeafRange, readNode: ReadNode): Promise<Hash> {
  const { first, count } = range
  if (count === 0n) return emptyRoot()
  const height = count.toString(2).length - 1
  if (count === 1n << BigInt(height)) return readNode(height, first >> BigInt(height))
  const split = splitPoint(count)
  const left = await rangeRoot({ first, count: split }, readNode)
  const right = await rangeRoot({ first: first + split, count: count - split }, readNode)
  return hashNode(left, right)
}
