import type { Kysely } from 'kysely'
import { NoteMalformedError, NoteSignatureError } from '../errors.ts'
import { openCheckpoint } from '../merkle/checkpoint.ts'
import type { SignedCheckpoint } from '../merkle/checkpoint.ts'
import type { CompactRange } from '../merkle/compact-range.ts'
import { isSameHash } from '../merkle/hash.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import type { LedgerFault, VerifyOptions } from './verify-report.ts'

/** Checkpoints by size, to hold against the tree while it is built anew. */
export class CheckpointTrail {
  readonly #checkpoints: readonly SignedCheckpoint[]
  /** A stored checkpoint that the key didn't sign. */
  readonly fault: LedgerFault | undefined
  #next = 0

  private constructor(checkpoints: readonly SignedCheckpoint[], fault: LedgerFault | undefined) {
    this.#checkpoints = checkpoints.toSorted((a, b) => Number(a.size - b.size))
    this.fault = fault
  }

  /** Reads the stored checkpoints and those that were given. @throws NoteMalformedError or NoteSignatureError for the latter. */
  static async load(kysely: Kysely<LedgerTables>, options: VerifyOptions): Promise<CheckpointTrail> {
    const { key, notes = [] } = options
    if (key === undefined) return new CheckpointTrail([], undefined)
    const given = notes.map((note) => openCheckpoint(note, key))
    const rows = await kysely.selectFrom('ledger.checkpoints').selectAll().orderBy('size').execute()
    const stored: SignedCheckpoint[] = []
    for (const { size, note } of rows) {
      try {
        const checkpoint = openCheckpoint(note, key)
        if (checkpoint.size !== size) throw new NoteMalformedError('it is of another size')
        stored.push(checkpoint)
      } catch (cause) {
        if (!(cause instanceof NoteMalformedError) && !(cause instanceof NoteSignatureError)) throw cause
        return new CheckpointTrail([], faultAt(size, cause.message))
      }
    }
    return new CheckpointTrail([...given, ...stored], undefined)
  }

  /** Checkpoints that agreed so far. */
  get compared(): number {
    return this.#next
  }

  /** Compares the checkpoints of the tree's size with it. */
  compare(range: CompactRange): LedgerFault | undefined {
    for (;;) {
      const checkpoint = this.#checkpoints[this.#next]
      if (checkpoint === undefined || checkpoint.size > range.size) return undefined
      if (!isSameHash(checkpoint.root, range.root())) {
        const from = this.#checkpoints[this.#next - 1]?.size ?? 0n
        return {
          part: 'checkpoint',
          logIndex: from,
          id: '',
          what: `the first ${range.size} entries are not those that were signed; the first ${from} are`,
        }
      }
      this.#next++
    }
  }

  /** A checkpoint that covers more entries than there are. */
  missing(size: bigint): LedgerFault | undefined {
    const checkpoint = this.#checkpoints[this.#next]
    if (checkpoint === undefined) return undefined
    return faultAt(size, `${checkpoint.size} entries were signed, only ${size} are there`)
  }
}

function faultAt(logIndex: bigint, what: string): LedgerFault {
  return { part: 'checkpoint', logIndex, id: '', what }
}
