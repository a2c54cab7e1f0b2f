import { assert } from '@shardline/core'
import { MerkleTree } from '../merkle-tree.ts'
import type { PartyId } from '../party-id.ts'

/**
 * The tree over the newest entry of each driver, in order of the drivers' ids. Changes wait until somebody looks, so that
 * many cost as much as one: a key that replaces another costs its path to the root, a new driver all leaves behind its
 * place.
 */
export class NewestKeys {
  readonly #tree = new MerkleTree()
  readonly #leaves = new Map<PartyId, Uint8Array>()
  #drivers: readonly PartyId[] = []
  #changed = new Set<PartyId>()

  /** Sets the leaf of a driver. */
  set(driverId: PartyId, leaf: Uint8Array): void {
    this.#leaves.set(driverId, leaf)
    this.#changed.add(driverId)
  }

  /** The tree as it is now. It changes with the next {@link set}. */
  get tree(): Pick<MerkleTree, 'size' | 'root' | 'proveInclusion'> {
    if (this.#changed.size > 0) this.#update()
    return this.#tree
  }

  /** Place of a driver among all drivers; undefined if it has no entry. */
  placeOf(driverId: PartyId): number | undefined {
    if (this.#changed.size > 0) this.#update()
    const place = firstNotBelow(this.#drivers, driverId)
    return this.#drivers[place] === driverId ? place : undefined
  }

  #update(): void {
    const added: PartyId[] = []
    for (const driverId of this.#changed) {
      const place = firstNotBelow(this.#drivers, driverId)
      if (this.#drivers[place] === driverId) this.#tree.replace(place, this.#leafOf(driverId))
      else added.push(driverId)
    }
    this.#changed = new Set()
    if (added.length > 0) this.#insert(added.toSorted(compare))
  }

  #insert(added: readonly PartyId[]): void {
    const first = firstNotBelow(this.#drivers, added[0] ?? '')
    const behind = merge(this.#drivers.slice(first), added)
    this.#drivers = [...this.#drivers.slice(0, first), ...behind]
    this.#tree.truncate(first)
    for (const driverId of behind) this.#tree.append(this.#leafOf(driverId))
  }

  #leafOf(driverId: PartyId): Uint8Array {
    const leaf = this.#leaves.get(driverId)
    assert(leaf !== undefined, 'a driver in the tree has a leaf', { driverId })
    return leaf
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1
}

/** Where in a sorted list the first one stands that isn't below `wanted`. */
function firstNotBelow(sorted: readonly string[], wanted: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < wanted) low = middle + 1
    else high = middle
  }
  return low
}

/** Two sorted lists in one. */
function merge(some: readonly PartyId[], others: readonly PartyId[]): readonly PartyId[] {
  // Engines sort runs that are in order by merging them.
  return [...some, ...others].toSorted(compare)
}
