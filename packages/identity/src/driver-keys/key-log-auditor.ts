import { isSame } from '../bytes.ts'
import { KeyLogForkedError } from '../errors.ts'
import type { PartyId } from '../party-id.ts'
import { DriverKeyLog } from './driver-key-log.ts'
import type { DriverKeyEntry } from './driver-key-entry.ts'
import type { KeyLogCheckpoint } from './key-log-checkpoint.ts'

/**
 * Follows a whole log: rebuilds both of its trees from the entries and compares them with each checkpoint. So it finds
 * what a short proof can't: an entry left out, two newest entries of one driver, an old key put after a newer one. A driver that
 * follows the log sees every key that was ever put under its own id.
 */
export class KeyLogAuditor {
  readonly #log = new DriverKeyLog()

  /** Entries that were followed. */
  get size(): number {
    return this.#log.size
  }

  /** The newest entry of a driver among those that were followed. */
  newestOf(driverId: PartyId): DriverKeyEntry | undefined {
    return this.#log.newestOf(driverId)
  }

  /**
   * Takes the entries after those that were followed, up to a checkpoint's size.
   *
   * @throws DriverKeyInvalidError, DriverKeyForgedError, KeyLogEntryError for the entry that is wrong; KeyLogForkedError
   * if the entries don't give the checkpoint's roots. After any of them the log is not to be trusted.
   */
  async follow(entries: readonly DriverKeyEntry[], checkpoint: KeyLogCheckpoint): Promise<void> {
    const fromSize = this.size
    for (const entry of entries) await this.#log.append(entry)
    const own = this.#log.checkpoint(checkpoint.signedAtMs)
    const isEqual =
      own.size === checkpoint.size &&
      own.drivers === checkpoint.drivers &&
      isSame(own.entriesRoot, checkpoint.entriesRoot) &&
      isSame(own.keysRoot, checkpoint.keysRoot)
    if (!isEqual) throw new KeyLogForkedError(fromSize, checkpoint.size)
  }
}
