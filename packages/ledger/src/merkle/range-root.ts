import { emptyRoot, hashNode, heightOf, splitRange } from '@shardline/core'
import type { Hash, LeafRange } from '@shardline/core'

/** Tells the root of the complete subtree of `2^height` leaves from leaf `index * 2^height` on. */
export type ReadNode = (height: number, index: bigint) => Promise<Hash>

/** Root over a run of leaves that begins where a split puts it, from the complete subtrees that it is made of. */
export async function rangeRoot(range: LeafRange, readNode: ReadNode): Promise<Hash> {
  if (range.count === 0n) return emptyRoot()
  const height = heightOf(range)
  if (height !== undefined) return readNode(height, range.first >> BigInt(height))
  const [left, right] = splitRange(range)
  return hashNode(await rangeRoot(left, readNode), await rangeRoot(right, readNode))
}
