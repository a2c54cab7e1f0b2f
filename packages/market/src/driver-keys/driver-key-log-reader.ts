import { DriverKeyLog } from '@shardline/identity'
import type { DriverKeyProof, KeyLogCheckpoint, PartyId } from '@shardline/identity'
import { ProofRangeError } from '@shardline/ledger'
import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { MarketNotFoundError } from '../errors.ts'
import { DRIVER_KEYS_READ_MAX } from '../limits.ts'
import { keyEntry } from './key-entry.ts'

/** A driver's newest key and what shows that it is. */
export interface DriverKeyShown {
  readonly proof: DriverKeyProof
  /** What the log committed to at that moment. */
  readonly checkpoint: KeyLogCheckpoint
}

/** Shows that the log only grew. */
export interface DriverKeyConsistency {
  readonly fromSize: number
  readonly toSize: number
  readonly hashes: readonly Uint8Array[]
}

/** A page of the log's entries. */
export interface DriverKeyPage {
  /** Place of the first entry. @default 0 */
  readonly from?: number
  /** @default the most that a page may have */
  readonly limit?: number
}

/**
 * The log of driver keys as this replica knows it: its trees stay in memory, and before each answer the rows that have
 * come since are read and appended. So an answer costs one look at the end of a table, however long the log is, and no
 * replica shows less than what another one has shown before.
 */
export class DriverKeyLogReader {
  readonly #context: MarketContext
  readonly #log = new DriverKeyLog()
  #reading: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(context: MarketContext) {
    this.#context = context
  }

  /** @throws MarketNotFoundError if the driver has none. */
  async show(driver: PartyId): Promise<DriverKeyShown> {
    await this.#catchUp()
    if (this.#log.newestOf(driver) === undefined) throw new MarketNotFoundError('driver key', driver)
    return { proof: this.#log.prove(driver), checkpoint: this.#checkpoint() }
  }

  /** What the log commits to now. */
  async checkpoint(): Promise<KeyLogCheckpoint> {
    await this.#catchUp()
    return this.#checkpoint()
  }

  /** @throws ProofRangeError unless 0 <= fromSize <= toSize <= entries so far. */
  async proveConsistency(fromSize: number, toSize?: number): Promise<DriverKeyConsistency> {
    await this.#catchUp()
    const to = toSize ?? this.#log.size
    if (!(fromSize >= 0 && fromSize <= to && to <= this.#log.size)) {
      const details = { fromSize, toSize: to, size: this.#log.size }
      throw new ProofRangeError(`from ${fromSize} to ${to} entries of a log of ${this.#log.size}`, details)
    }
    return { fromSize, toSize: to, hashes: this.#log.proveConsistency(fromSize, to) }
  }

  #checkpoint(): KeyLogCheckpoint {
    return this.#log.checkpoint(Math.floor(this.#context.clock.now()))
  }

  /** Resolves when everything that was in the log at the time of the call is known. All who wait share one read. */
  #catchUp(): Promise<void> {
    if (this.#reading === undefined) return this.#read()
    // What runs may have looked before this call: it's the one after it that counts.
    this.#next ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.#read()
      })
    return this.#next
  }

  #read(): Promise<void> {
    const reading = this.#append().finally(() => {
      if (this.#reading === reading) this.#reading = undefined
    })
    this.#reading = reading
    return reading
  }

  async #append(): Promise<void> {
    for (;;) {
      const rows = await marketTables(this.#context)
        .selectFrom('market.driver_keys')
        .selectAll()
        .where('log_index', '>=', BigInt(this.#log.size))
        .orderBy('log_index')
        .limit(DRIVER_KEYS_READ_MAX)
        .execute()
      for (const row of rows) {
        // Two reads may overlap for a moment.
        if (row.log_index === BigInt(this.#log.size)) this.#log.appendChecked(keyEntry(row))
      }
      if (rows.length < DRIVER_KEYS_READ_MAX) return
    }
  }
}
