import {
  assert,
  consistencyPath,
  emptyRoot,
  hashNode,
  heightOf,
  inclusionPath,
  splitRange,
} from '@shardline/core'
import type { LeafRange } from '@shardline/core'

/** A Merkle tree after RFC 6962, in memory: 64 bytes a leaf. Sizes and indices count leaves. */
export class MerkleTree {
  /** At height h: the roots of the complete subtrees of 2^h leaves, from the left. */
  readonly #levels: Uint8Array[][] = [[]]

  /** A tree of the given leaf hashes. */
  constructor(leaves: Iterable<Uint8Array> = []) {
    for (const leaf of leaves) this.append(leaf)
  }

  /** Leaves so far. */
  get size(): number {
    return this.#levels[0]?.length ?? 0
  }

  /** Adds the hash of a leaf. */
  append(leaf: Uint8Array): void {
    let node = leaf
    for (let height = 0; ; height++) {
      const level = (this.#levels[height] ??= [])
      level.push(node)
      const left = level.at(-2)
      if (level.length % 2 === 1 || left === undefined) return
      node = hashNode(left, node)
    }
  }

  /** Puts another leaf in the place of one. */
  replace(index: number, leaf: Uint8Array): void {
    assert(index >= 0 && index < this.size, `leaf ${index} of a tree of ${this.size}`)
    let place = index
    let node = leaf
    for (const [height, level] of this.#levels.entries()) {
      // Subtrees that aren't complete are kept nowhere.
      if (place >= level.length) return
      level[place] = node
      const [left, right] = [level[place & ~1], level[place | 1]]
      if (left === undefined || right === undefined || this.#levels[height + 1] === undefined) return
      node = hashNode(left, right)
      place >>>= 1
    }
  }

  /** Forgets all leaves from the first `size` on. */
  truncate(size: number): void {
    this.#requireSize(size)
    for (const [height, level] of this.#levels.entries()) level.length = Math.floor(size / 2 ** height)
  }

  /** Root over the first `size` leaves. */
  root(size: number = this.size): Uint8Array {
    this.#requireSize(size)
    return this.#rootOf({ first: 0n, count: BigInt(size) })
  }

  /** Audit path of a leaf in the tree of the first `size` leaves (RFC 6962, 2.1.1), the leaf's sibling first. */
  proveInclusion(index: number, size: number = this.size): readonly Uint8Array[] {
    this.#requireSize(size)
    return inclusionPath(BigInt(index), BigInt(size)).map((range) => this.#rootOf(range))
  }

  /** Shows that the tree of `toSize` leaves goes on from that of `fromSize` (RFC 6962, 2.1.2). */
  proveConsistency(fromSize: number, toSize: number = this.size): readonly Uint8Array[] {
    this.#requireSize(toSize)
    return consistencyPath(BigInt(fromSize), BigInt(toSize)).map((range) => this.#rootOf(range))
  }

  #requireSize(size: number): void {
    assert(
      Number.isInteger(size) && size >= 0 && size <= this.size,
      `a tree of ${size} of ${this.size} leaves`,
    )
  }

  #rootOf(range: LeafRange): Uint8Array {
    if (range.count === 0n) return emptyRoot()
    const height = heightOf(range)
    if (height !== undefined) {
      const known = this.#levels[height]?.[Number(range.first >> BigInt(height))]
      assert(known !== undefined, 'a split of a tree begins where a complete subtree does')
      return known
    }
    const [left, right] = splitRange(range)
    return hashNode(this.#rootOf(left), this.#rootOf(right))
  }
}
