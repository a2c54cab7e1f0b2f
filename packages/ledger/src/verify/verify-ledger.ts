import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { LedgerDatabase } from '../database/database.ts'
import { fromDatabase } from '../database/from-database.ts'
import { hashEntry } from '../log/entry-bytes.ts'
import { isStoredHeight } from '../log/stored-heights.ts'
import { CompactRange } from '../merkle/compact-range.ts'
import type { TreeNode } from '../merkle/compact-range.ts'
import { isSameHash } from '../merkle/hash.ts'
import type { Hash } from '../merkle/hash.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import { CheckpointTrail } from './checkpoint-trail.ts'
import { LedgerReplay } from './ledger-replay.ts'
import { readEntries } from './read-entries.ts'
import type { StoredEntry } from './read-entries.ts'
import type { LedgerFault, VerifyOptions, VerifyReport } from './verify-report.ts'
import { verifyState } from './verify-state.ts'

/**
 * Checks a ledger, or a copy of one, without trusting anything but the rows of its entries: computes every leaf, the
 * whole tree, the course of every hold and all balances anew, and compares what is stored. Only reads.
 * Nobody may write meanwhile.
 *
 * @throws DatabaseUnavailableError, NoteMalformedError or NoteSignatureError for `notes` that the key didn't sign.
 */
export async function verifyLedger(
  database: Pick<LedgerDatabase, 'kysely'>,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  try {
    return await new Verifier(database.kysely, await CheckpointTrail.load(database.kysely, options)).run()
  } catch (cause) {
    throw fromDatabase(cause)
  }
}

class Verifier {
  readonly #kysely: Kysely<LedgerTables>
  readonly #trail: CheckpointTrail
  readonly #range = CompactRange.empty()
  readonly #replay = new LedgerReplay()
  readonly #nodes: TreeNode[] = []

  constructor(kysely: Kysely<LedgerTables>, trail: CheckpointTrail) {
    this.#kysely = kysely
    this.#trail = trail
  }

  async run(): Promise<VerifyReport> {
    const fault =
      this.#trail.fault ??
      (await this.#verifyEntries()) ??
      (await this.#verifyCounts()) ??
      (await this.#verifyRest())
    return {
      isIntact: fault === undefined,
      entries: this.#range.size,
      root: this.#range.root(),
      fault,
      checkpoints: this.#trail.compared,
    }
  }

  async #verifyEntries(): Promise<LedgerFault | undefined> {
    const empty = this.#trail.compare(this.#range)
    if (empty !== undefined) return empty
    for await (const stored of readEntries(this.#kysely)) {
      const what = this.#verifyEntry(stored)
      if (what !== undefined) return entryFault(stored, this.#range.size, what)
      const fault = this.#trail.compare(this.#range)
      if (fault !== undefined) return fault
    }
    return this.#trail.missing(this.#range.size)
  }

  #verifyEntry({ logIndex, entry, leafHash }: StoredEntry): string | undefined {
    if (logIndex !== this.#range.size) return 'the entry is missing'
    if (entry === undefined) return 'its row is missing, or is none that can be'
    const leaf = tryHash(() => hashEntry(entry))
    if (leaf === undefined || !isSameHash(leaf, leafHash)) return 'its row and its leaf hash differ'
    const what = this.#replay.play(entry, logIndex)
    if (what !== undefined) return what
    this.#range.append(leaf, (node) => {
      if (isStoredHeight(node.height)) this.#nodes.push(node)
    })
    return undefined
  }

  /** Rows that no leaf stands for. */
  async #verifyCounts(): Promise<LedgerFault | undefined> {
    const { rows } = await sql<{ readonly log_index: bigint; readonly id: string }>`
      select r.log_index, r.id from (
        select log_index, id, 1 as type from ledger.accounts
        union all select log_index, id, 2 from ledger.transfers
        union all select log_index, id, 3 from ledger.failures
      ) r left join ledger.log_entries e
        on e.log_index = r.log_index and e.entry_id = r.id and e.entry_type = r.type
      where e.log_index is null order by r.log_index limit 1`.execute(this.#kysely)
    const [row] = rows
    if (row === undefined) return undefined
    return { part: 'count', logIndex: row.log_index, id: row.id, what: 'a row is in no entry of the log' }
  }

  #verifyRest(): Promise<LedgerFault | undefined> {
    return verifyState(this.#kysely, { replay: this.#replay, range: this.#range, nodes: this.#nodes })
  }
}

function entryFault({ logIndex, id }: StoredEntry, expected: bigint, what: string): LedgerFault {
  const isGap = logIndex !== expected
  return { part: 'entry', logIndex: isGap ? expected : logIndex, id: isGap ? '' : id, what }
}

/** A row may hold values that have no bytes, such as a negative amount. */
function tryHash(hash: () => Hash): Hash | undefined {
  try {
    return hash()
  } catch {
    return undefined
  }
}
