import { assert } from '@shardline/core'
import { emptyRoot, hashNode } from './hash.ts'

/** A run of leaves: from `first`, `count` of them. */
interface LeafRange {
  readonly first: number
  readonly count: number
}

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
    return this.#rootOf({ first: 0, count: size })
  }

  /** Audit path of a leaf in the tree of the first `size` leaves (RFC 6962, 2.1.1), the leaf's sibling first. */
  proveInclusion(index: number, size: number = this.size): readonly Uint8Array[] {
    this.#requireSize(size)
    assert(index >= 0 && index < size, `leaf ${index} of a tree of ${size}`)
    const hashes: Uint8Array[] = []
    let range: LeafRange = { first: 0, count: size }
    while (range.count > 1) {
      const { left, right } = split(range)
      const isLeft = index < right.first
      hashes.push(this.#rootOf(isLeft ? right : left))
      range = isLeft ? left : right
    }
    return hashes.toReversed()
  }

  /** Shows that the tree of `toSize` leaves goes on from that of `fromSize` (RFC 6962, 2.1.2). */
  proveConsistency(fromSize: number, toSize: number = this.size): readonly Uint8Array[] {
    this.#requireSize(toSize)
    assert(fromSize >= 0 && fromSize <= toSize, `from ${fromSize} to ${toSize} leaves`)
    const hashes: Uint8Array[] = []
    if (fromSize === 0 || fromSize === toSize) return hashes
    let range: LeafRange = { first: 0, count: toSize }
    while (range.first + range.count !== fromSize) {
      const { left, right } = split(range)
      const isLeft = fromSize <= right.first
      hashes.push(this.#rootOf(isLeft ? right : left))
      range = isLeft ? left : right
    }
    // The old root itself is known to who asks.
    if (range.first > 0) hashes.push(this.#rootOf(range))
    return hashes.toReversed()
  }

  #requireSize(size: number): void {
    assert(
      Number.isInteger(size) && size >= 0 && size <= this.size,
      `a tree of ${size} of ${this.size} leaves`,
    )
  }

  #rootOf(range: LeafRange): Uint8Array {
    if (range.count === 0) return emptyRoot()
    const height = Math.log2(range.count)
    if (Number.isInteger(height)) {
      const known = this.#levels[height]?.[range.first / range.count]
      assert(known !== undefined, 'a split of a tree begins where a complete subtree does')
      return known
    }
    const { left, right } = split(range)
    return hashNode(this.#rootOf(left), this.#rootOf(right))
  }
}

/** Cuts at the largest power of two below the count (RFC 6962, 2.1). The count is at least 2. */
function split({ first, count }: LeafRange): { readonly left: LeafRange; readonly right: LeafRange } {
  const middle = 2 ** Math.ceil(Math.log2(count) - 1)
  return {
    left: { first, count: middle },
    right: { first: first + middle, count: count - middle },
  }
}
