import type { ConsistencyProof, InclusionProof } from '@shardline/core'
import { fromDatabase } from '../database/from-database.ts'
import type { LedgerDatabase } from '../database/database.ts'
import { ProofRangeError, SignerMissingError } from '../errors.ts'
import { signCheckpoint } from '../merkle/checkpoint.ts'
import type { SignedCheckpoint } from '../merkle/checkpoint.ts'
import { CompactRange } from '../merkle/compact-range.ts'
import { proveConsistency, proveInclusion } from '../merkle/prove.ts'
import type { Signer } from '../merkle/signer.ts'
import { nodeReader } from './read-node.ts'

/** The log as those see it who check it: checkpoints and proofs. */
export class LogReader {
  readonly #database: LedgerDatabase
  readonly #signer: Signer | undefined

  constructor(database: LedgerDatabase, signer: Signer | undefined) {
    this.#database = database
    this.#signer = signer
  }

  /** Signs what the log holds now, and keeps the checkpoint. @throws SignerMissingError */
  async checkpoint(): Promise<SignedCheckpoint> {
    if (this.#signer === undefined) throw new SignerMissingError()
    const { kysely } = this.#database
    try {
      const range = await this.#range()
      const signed = await signCheckpoint({ size: range.size, root: range.root() }, this.#signer)
      await kysely
        .insertInto('ledger.checkpoints')
        .values({ size: signed.size, note: signed.note })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return signed
    } catch (cause) {
      throw fromDatabase(cause)
    }
  }

  /** Shows that an entry is in the log of `size` entries, by default all. @throws ProofRangeError */
  async inclusion(index: bigint, size?: bigint): Promise<InclusionProof> {
    return this.#prove(size, (whole) => proveInclusion(index, whole, nodeReader(this.#database.kysely)))
  }

  /** Shows that the log of `toSize` entries, by default all, begins with that of `fromSize`. @throws ProofRangeError */
  async consistency(fromSize: bigint, toSize?: bigint): Promise<ConsistencyProof> {
    return this.#prove(toSize, (whole) =>
      proveConsistency(fromSize, whole, nodeReader(this.#database.kysely)),
    )
  }

  async #prove<Proof>(size: bigint | undefined, prove: (size: bigint) => Promise<Proof>): Promise<Proof> {
    try {
      const range = await this.#range()
      const wanted = size ?? range.size
      if (wanted > range.size) throw new ProofRangeError(`the log has ${range.size} entries, not ${wanted}`)
      return await prove(wanted)
    } catch (cause) {
      throw fromDatabase(cause)
    }
  }

  async #range(): Promise<CompactRange> {
    const state = await this.#database.kysely
      .selectFrom('ledger.state')
      .select(['log_size', 'log_peaks'])
      .executeTakeFirstOrThrow()
    return CompactRange.fromBytes(state.log_size, state.log_peaks)
  }
}
