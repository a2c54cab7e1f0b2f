import { hashLeaf } from '@shardline/core'
import { concat, utf8 } from '../bytes.ts'
import { DriverKeyUnknownError, KeyLogEntryError } from '../errors.ts'
import { MerkleTree } from '../merkle-tree.ts'
import type { PartyId } from '../party-id.ts'
import { checkDriverKey, driverKeyLeaf } from './driver-key-entry.ts'
import type { DriverKeyEntry } from './driver-key-entry.ts'
import type { KeyLogCheckpoint } from './key-log-checkpoint.ts'
import { NewestKeys } from './newest-keys.ts'

/** Shows that an entry is its driver's newest, under the root over all newest entries. */
export interface DriverKeyProof {
  readonly entry: DriverKeyEntry
  /** Place of the driver among all drivers, in order of their ids. */
  readonly index: number
  /** Audit path (RFC 6962), the sibling first. */
  readonly hashes: readonly Uint8Array[]
}

/** Leaf of a driver in the tree of newest entries: its id, and the leaf of its entry. */
export function newestKeyLeaf(entry: DriverKeyEntry): Uint8Array {
  return newestLeaf(entry.driverId, driverKeyLeaf(entry))
}

function newestLeaf(driverId: PartyId, leaf: Uint8Array): Uint8Array {
  return hashLeaf(concat(utf8(driverId), leaf))
}

/**
 * All entries of all drivers, in the order in which they came; nothing is ever taken out. Over it stand two trees: one
 * over all entries, which only grows, and one over the newest entry of each driver, so that a short proof shows that
 * a key is the current one. Who follows the whole log rebuilds both, and so checks the second for everyone.
 */
export class DriverKeyLog {
  readonly #tree = new MerkleTree()
  readonly #newest = new Map<PartyId, DriverKeyEntry>()
  readonly #newestKeys = new NewestKeys()

  /** Entries so far. */
  get size(): number {
    return this.#tree.size
  }

  /**
   * Adds an entry that may come from anyone.
   *
   * @throws DriverKeyInvalidError, DriverKeyForgedError; KeyLogEntryError if the driver has a newer one, or this one.
   */
  async append(entry: DriverKeyEntry): Promise<void> {
    await checkDriverKey(entry)
    this.appendChecked(entry)
  }

  /**
   * Adds an entry whose fields and signature were checked before: who reads a log that it has checked itself need not
   * check 100,000 signatures again.
   *
   * @throws KeyLogEntryError if the driver has a newer one, or this one.
   */
  appendChecked(entry: DriverKeyEntry): void {
    const newest = this.#newest.get(entry.driverId)?.sequence
    if (newest !== undefined && entry.sequence <= newest) {
      throw new KeyLogEntryError(entry.driverId, entry.sequence, newest)
    }
    const leaf = driverKeyLeaf(entry)
    this.#tree.append(leaf)
    this.#newest.set(entry.driverId, entry)
    this.#newestKeys.set(entry.driverId, newestLeaf(entry.driverId, leaf))
  }

  /** What the log commits to now. */
  checkpoint(signedAtMs: number): KeyLogCheckpoint {
    const { tree } = this.#newestKeys
    return {
      size: this.size,
      entriesRoot: this.#tree.root(),
      drivers: tree.size,
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
    const index = this.#newestKeys.placeOf(driverId)
    const entry = this.newestOf(driverId)
    if (entry === undefined || index === undefined) throw new DriverKeyUnknownError(driverId)
    return { entry, index, hashes: this.#newestKeys.tree.proveInclusion(index) }
  }

  /** Shows that the log of the first `toSize` entries goes on from that of `fromSize` (RFC 6962, 2.1.2). */
  proveConsistency(fromSize: number, toSize: number = this.size): readonly Uint8Array[] {
    return this.#tree.proveConsistency(fromSize, toSize)
  }
}
