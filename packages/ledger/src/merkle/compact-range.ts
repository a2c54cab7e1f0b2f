import { assert, emptyRoot, HASH_BYTES, hashNode } from '@shardline/core'
import type { Hash } from '@shardline/core'
import { LogDamagedError } from '../errors.ts'

/** A complete subtree: `2^height` leaves from `index * 2^height` on. */
export interface TreeNode {
  readonly height: number
  readonly index: bigint
  readonly hash: Hash
}

/**
 * The right edge of a growing tree: the roots of its complete subtrees, largest first, one for each bit of its size.
 * All that appending and computing the root need, so both cost O(log n) and read nothing.
 */
export class CompactRange {
  #size: bigint
  readonly #peaks: Hash[]

  private constructor(size: bigint, peaks: Hash[]) {
    this.#size = size
    this.#peaks = peaks
  }

  /** The edge of the tree without leaves. */
  static empty(): CompactRange {
    return new CompactRange(0n, [])
  }

  /**
   * Reads what {@link toBytes} wrote.
   *
   * @throws LogDamagedError if the bytes don't fit the size.
   */
  static fromBytes(size: bigint, bytes: Uint8Array): CompactRange {
    const peakCount = countOnes(size)
    if (bytes.length !== peakCount * HASH_BYTES) {
      throw new LogDamagedError(`a tree of ${size} leaves has ${peakCount} peaks, not ${bytes.length} bytes`)
    }
    const peaks = Array.from({ length: peakCount }, (_, i) =>
      bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES),
    )
    return new CompactRange(size, peaks)
  }

  /** Leaves. */
  get size(): bigint {
    return this.#size
  }

  /** All peaks after each other, largest first. */
  toBytes(): Uint8Array {
    return Buffer.concat(this.#peaks)
  }

  /** Adds a leaf, and tells of each subtree that it completes, the leaf first. */
  append(leaf: Hash, onNode: (node: TreeNode) => void = () => undefined): void {
    let node: TreeNode = { height: 0, index: this.#size, hash: leaf }
    onNode(node)
    while ((node.index & 1n) === 1n) {
      const left = this.#peaks.pop()
      assert(left !== undefined, 'an odd node has a left sibling')
      node = { height: node.height + 1, index: node.index >> 1n, hash: hashNode(left, node.hash) }
      onNode(node)
    }
    this.#peaks.push(node.hash)
    this.#size += 1n
  }

  /** Root of the tree (RFC 6962, 2.1). */
  root(): Hash {
    const last = this.#peaks.at(-1)
    if (last === undefined) return emptyRoot()
    return this.#peaks.slice(0, -1).reduceRight((right, left) => hashNode(left, right), last)
  }
}

function countOnes(size: bigint): number {
  let count = 0
  for (let rest = size; rest > 0n; rest >>= 1n) count += Number(rest & 1n)
  return count
}
