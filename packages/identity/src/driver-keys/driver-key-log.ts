import { concat, utf8 } from '../bytes.ts'
import { DriverKeyUnknownError, KeyLogEntryError } from '../errors.ts'
import { hashLeaf } from '../merkle/hash.ts'
import { MerkleTree } from '../merkle/merkle-tree.ts'
import type { PartyId } from '../party-id.ts'
import { checkDriverKey, driverKeyLeaf } from './driver-key-entry.ts'
import type { DriverKeyEntry } from './driver-key-entry.ts'
import type { KeyLogCheckpoint } from './key-log-checkpoint.ts'

/** Shows that an entry is its driver's newest, under the root over all newest entries. */
export interface DriverKeyProof {
  readonly entry: DriverKeyEntry
  /** Place of the driver among all drivers, in order of their ids. */
  readonly index: number
  /** Audit path (RFC 6962), the sibling first. */
  readonly hashes: readonly Uint8Array[]
}

interface Newest {
  readonly tree: MerkleTree
  readonly entries: readonly DriverKeyEntry[]
}

/** Leaf of a driver in the tree of newest entries: its id, and the leaf of its entry. */
export function newestKeyLeaf(entry: DriverKeyEntry): Uint8Array {
  return hashLeaf(concat(utf8(entry.driverId), driverKeyLeaf(entry)))
}

/**
 * All entries of all drivers, in the order in which they came; nothing is ever taken out. Over it stand two trees: one
 * over all entries, which only grows, and one over the newest entry of each driver, so that a short proof shows that
 * a key is the current one. Who follows the whole log rebuilds both, and so checks the second for everyone.
 */
export class DriverKeyLog {
  readonly #tree = new MerkleTree()
  readonly #newest = new Map<PartyId, DriverKeyEntry>()
  #newestTree: Newest | undefined

  /** Entries so far. */
  get size(): number {
    return this.#tree.size
  }

  /**
   * Adds an entry.
   *
   * @throws DriverKeyInvalidError, DriverKeyForgedError; KeyLogEntryError if it doesn't follow the driver's last one.
   */
  async append(entry: DriverKeyEntry): Promise<void> {
    await checkDriverKey(entry)
    const expected = (this.#newest.get(entry.driverId)?.sequence ?? -1) + 1
    if (entry.sequence !== expected) throw new KeyLogEntryError(entry.driverId, entry.sequence, expected)
    this.#tree.append(driverKeyLeaf(entry))
    this.#newest.set(entry.driverId, entry)
    this.#newestTree = undefined
  }

  /** What the log commits to now. */
  checkpoint(signedAtMs: number): KeyLogCheckpoint {
    const { tree, entries } = this.#newestKeys()
    return {
      size: this.size,
      entriesRoot: this.#tree.root(),
      drivers: entries.length,
      keysRoot: tree.root(),
      signedAtMs,
    }
  }

  /** The root over the first `size` entries. */
  rootAt(size: number): Uint8Array {
    return this.#tree.root(size)
  }

  /** The newest entry of a driver, if it has one. */
  newestOf(driverId: PartyId): DriverKeyEntry | undefined {
    return this.#newest.get(driverId)
  }

  /** Shows a driver's newest entry, for a checkpoint of the log as it is now. @throws DriverKeyUnknownError if it has none. */
  prove(driverId: PartyId): DriverKeyProof {
    const { tree, entries } = this.#newestKeys()
    const index = entries.findIndex((entry) => entry.driverId === driverId)
    const entry = entries[index]
    if (entry === undefined) throw new DriverKeyUnknownError(driverId)
    return { entry, index, hashes: tree.proveInclusion(index) }
  }

  /** Shows that the log of now goes on from its first `fromSize` entries (RFC 6962, 2.1.2). */
  proveConsistency(fromSize: number): readonly Uint8Array[] {
    return this.#tree.proveConsistency(fromSize)
  }

  #newestKeys(): Newest {
    if (this.#newestTree === undefined) {
      const entries = [...this.#newest.values()].toSorted((a, b) => (a.driverId < b.driverId ? -1 : 1))
      this.#newestTree = { entries, tree: new MerkleTree(entries.map(newestKeyLeaf)) }
    }
    return this.#newestTree
  }
}
