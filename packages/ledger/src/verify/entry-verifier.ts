import { isSameHash } from '@shardline/core'
import type { Hash } from '@shardline/core'
import { hashEntry } from '../log/entry-bytes.ts'
import type { LogEntry } from '../log/log-entry.ts'
import { isStoredHeight } from '../log/stored-heights.ts'
import { CompactRange } from '../merkle/compact-range.ts'
import type { TreeNode } from '../merkle/compact-range.ts'
import { CheckpointTrail } from './checkpoint-trail.ts'
import { LedgerReplay } from './ledger-replay.ts'
import type { ReplayFault } from './ledger-replay.ts'
import type { StoredEntry } from './read-entries.ts'
import type { LedgerFault, VerifyOptions, VerifyReport } from './verify-report.ts'

/** Entries between two calls of `onProgress` and two looks at the signal. */
const PROGRESS_ENTRIES = 1_000n

/** Takes the log's entries in order, wherever they come from, and computes leaves, tree and balances anew. */
export class EntryVerifier {
  readonly range: CompactRange = CompactRange.empty()
  readonly replay: LedgerReplay = new LedgerReplay()
  readonly trail: CheckpointTrail
  /** Roots of the subtrees that a database keeps. */
  readonly nodes: TreeNode[] = []
  /** Entries that there are said to be; only told to who watches. */
  total = 0n
  readonly #options: VerifyOptions

  /** @throws LedgerInputError, NoteMalformedError or NoteSignatureError for notes that the key didn't sign. */
  constructor(options: VerifyOptions) {
    this.#options = options
    this.trail = new CheckpointTrail(options)
  }

  /** What is wrong with the next entry, or with the checkpoints over all up to it. */
  take(stored: StoredEntry): LedgerFault | undefined {
    if (this.range.size % PROGRESS_ENTRIES === 0n) {
      this.#options.signal?.throwIfAborted()
      this.#options.onProgress?.(this.range.size, this.total)
    }
    const fault = this.#verify(stored)
    if (fault === undefined) return this.trail.compare(this.range)
    const isGap = fault.field === 'log_index'
    return {
      part: 'entry',
      logIndex: isGap ? this.range.size : stored.logIndex,
      id: isGap ? '' : stored.id,
      ...fault,
    }
  }

  /** The report, given what was found first. */
  report(fault: LedgerFault | undefined): VerifyReport {
    return {
      isIntact: fault === undefined,
      entries: this.range.size,
      root: this.range.root(),
      fault,
      checkpoints: this.trail.compared,
      checkpoint: this.trail.last,
    }
  }

  #verify({ logIndex, id, entry, leafHash }: StoredEntry): ReplayFault | undefined {
    if (logIndex !== this.range.size) return { field: 'log_index', what: 'the entry is missing' }
    if (entry === undefined) return { field: 'row', what: 'its row is missing, or is none that can be' }
    if (entry.record.id !== id) return { field: 'id', what: 'its row and its leaf have different ids' }
    const leaf = tryHash(entry)
    if (leaf === undefined || !isSameHash(leaf, leafHash)) {
      return { field: 'row', what: 'its row and its leaf hash differ' }
    }
    const fault = this.replay.play(entry, logIndex)
    if (fault !== undefined) return fault
    this.range.append(leaf, (node) => {
      if (isStoredHeight(node.height)) this.nodes.push(node)
    })
    return undefined
  }
}

/** A row may hold values that have no bytes, such as a negative amount. */
function tryHash(entry: LogEntry): Hash | undefined {
  try {
    return hashEntry(entry)
  } catch {
    return undefined
  }
}
