import { isSameHash } from '@shardline/core'
import { LedgerInputError, NoteMalformedError, NoteSignatureError } from '../errors.ts'
import { openCheckpoint, parseCheckpoint } from '../merkle/checkpoint.ts'
import type { Checkpoint } from '../merkle/checkpoint.ts'
import type { CompactRange } from '../merkle/compact-range.ts'
import { parseNote } from '../merkle/signed-note.ts'
import type { PublicKey } from '../merkle/signer.ts'
import type { LedgerFault, VerifyOptions } from './verify-report.ts'

/** A checkpoint as it is kept beside the log. */
export interface StoredNote {
  readonly size: bigint
  readonly note: string
}

/** Checkpoints to hold against the tree while it is built anew. */
export class CheckpointTrail {
  readonly #key: PublicKey | undefined
  #ahead: Checkpoint[]
  #fault: LedgerFault | undefined
  #last: Checkpoint | undefined
  #compared = 0

  /** @throws LedgerInputError for notes without a key; NoteMalformedError or NoteSignatureError for notes that it didn't sign. */
  constructor({ key, notes = [], trusted = [] }: VerifyOptions) {
    if (key === undefined && notes.length > 0) {
      throw new LedgerInputError('key', 'undefined', 'the key that signed the notes')
    }
    this.#key = key
    const given = key === undefined ? [] : notes.map((note) => openCheckpoint(note, key))
    this.#ahead = bySize([...given, ...trusted])
  }

  /** The first kept checkpoint that is none, or that the key didn't sign. */
  get fault(): LedgerFault | undefined {
    return this.#fault
  }

  /** Checkpoints that agreed so far. */
  get compared(): number {
    return this.#compared
  }

  /** The largest of these. */
  get last(): Checkpoint | undefined {
    return this.#last
  }

  /** Adds checkpoints that are kept beside the log, none of them smaller than the tree is now. */
  add(stored: readonly StoredNote[]): void {
    const good: Checkpoint[] = []
    for (const { size, note } of stored) {
      try {
        const checkpoint = this.#open(note)
        if (checkpoint.size !== size) throw new NoteMalformedError('it is of another size')
        good.push(checkpoint)
      } catch (cause) {
        if (!(cause instanceof NoteMalformedError) && !(cause instanceof NoteSignatureError)) throw cause
        this.#fault ??= { ...faultAt(size, cause.message), field: 'note' }
      }
    }
    this.#ahead = bySize([...this.#ahead, ...good])
  }

  /** Compares the checkpoints of the tree's size with it. */
  compare(range: CompactRange): LedgerFault | undefined {
    for (;;) {
      const checkpoint = this.#ahead[0]
      if (checkpoint === undefined || checkpoint.size > range.size) return undefined
      const from = this.#last?.size ?? 0n
      if (checkpoint.size < range.size) {
        return faultAt(checkpoint.size, `a checkpoint over ${checkpoint.size} entries comes too late`)
      }
      if (!isSameHash(checkpoint.root, range.root())) {
        const what = `the first ${range.size} entries are not those that were signed; the first ${from} are`
        return faultAt(from, what)
      }
      this.#ahead.shift()
      this.#compared++
      this.#last = checkpoint
    }
  }

  /** A checkpoint that covers more entries than there are. */
  missing(size: bigint): LedgerFault | undefined {
    const [checkpoint] = this.#ahead
    if (checkpoint === undefined) return undefined
    return faultAt(size, `${checkpoint.size} entries were signed, only ${size} are there`)
  }

  #open(note: string): Checkpoint {
    return this.#key === undefined ? parseCheckpoint(parseNote(note).text) : openCheckpoint(note, this.#key)
  }
}

function bySize(checkpoints: readonly Checkpoint[]): Checkpoint[] {
  return checkpoints.toSorted((a, b) => (a.size < b.size ? -1 : Number(a.size > b.size)))
}

function faultAt(logIndex: bigint, what: string): LedgerFault {
  return { part: 'checkpoint', logIndex, id: '', field: 'root', what }
}
