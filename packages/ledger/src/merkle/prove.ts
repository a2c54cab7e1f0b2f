import { consistencyPath, inclusionPath } from '@shardline/core'
import type { ConsistencyProof, Hash, InclusionProof, LeafRange } from '@shardline/core'
import { ProofRangeError } from '../errors.ts'
import { rangeRoot } from './range-root.ts'
import type { ReadNode } from './range-root.ts'

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
  return { index, size, hashes: await rootsOf(inclusionPath(index, size), readNode) }
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
  return { fromSize, toSize, hashes: await rootsOf(consistencyPath(fromSize, toSize), readNode) }
}

/** One after the other: a proof takes no more than one connection of a database. */
async function rootsOf(path: readonly LeafRange[], readNode: ReadNode): Promise<readonly Hash[]> {
  const roots: Hash[] = []
  for (const range of path) roots.push(await rangeRoot(range, readNode))
  return roots
}
