import type { LedgerDatabase } from '../database/database.ts'
import { fromDatabase } from '../database/from-database.ts'
import { requireLedger } from '../database/require-ledger.ts'
import { LedgerInputError, LogDamagedError } from '../errors.ts'
import { CompactRange } from '../merkle/compact-range.ts'
import { readEntries } from '../verify/read-entries.ts'
import type { StoredEntry } from '../verify/read-entries.ts'
import { formatExportLine } from './export-line.ts'

/** What to export, and how the work is watched. */
export interface ExportOptions {
  /** Index of the first entry to write: how many are there already. @default 0n */
  readonly from?: bigint
  /** Told how many entries the parts so far hold, and how many there will be. */
  readonly onProgress?: (entries: bigint, total: bigint) => void
  /** Ends the work early, between two parts. */
  readonly signal?: AbortSignal
}

/** Entries of one part. A part holds whole lines, so whoever writes it in one piece can go on after it. */
const PART_ENTRIES = 1_000

type Kysely = LedgerDatabase['kysely']

/**
 * Writes the log as JSON lines, in parts, with the signed checkpoints that are kept. Holds one part in memory. What is
 * written meanwhile stays out: the log only grows, and its size is taken at the start.
 *
 * @yields parts of whole lines
 * @throws LedgerMissingError, LedgerInputError if `from` is beyond the log, LogDamagedError for an entry without its row,
 * DatabaseUnavailableError, and the signal's reason.
 */
export async function* exportLedger(
  { kysely }: Pick<LedgerDatabase, 'kysely'>,
  options: ExportOptions = {},
): AsyncGenerator<string> {
  const { from = 0n, onProgress, signal } = options
  try {
    await requireLedger(kysely)
    const head = await readHead(kysely)
    if (from > head.size) throw new LedgerInputError('from', String(from), `from 0 to ${head.size}`)
    yield (
      formatExportLine({ type: 'header', from, size: head.size, root: head.root() }) +
      (await checkpointLines(kysely, from - 1n, from))
    )
    for await (const part of partsOf(kysely, from, head.size)) {
      signal?.throwIfAborted()
      yield await formatPart(kysely, part)
      onProgress?.(part.first + BigInt(part.entries.length), head.size)
    }
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw fromDatabase(cause)
  }
}

async function readHead(kysely: Kysely): Promise<CompactRange> {
  const { log_size: size, log_peaks: peaks } = await kysely
    .selectFrom('ledger.state')
    .select(['log_size', 'log_peaks'])
    .executeTakeFirstOrThrow()
  return CompactRange.fromBytes(size, peaks)
}

interface Part {
  readonly first: bigint
  readonly entries: readonly StoredEntry[]
}

async function* partsOf(kysely: Kysely, from: bigint, size: bigint): AsyncGenerator<Part> {
  let first = from
  let entries: StoredEntry[] = []
  for await (const entry of readEntries(kysely, from)) {
    if (entry.logIndex >= size) break
    if (entry.logIndex !== first + BigInt(entries.length)) break
    entries.push(entry)
    if (entries.length < PART_ENTRIES) continue
    yield { first, entries }
    first += BigInt(entries.length)
    entries = []
  }
  if (entries.length > 0) yield { first, entries }
  const end = first + BigInt(entries.length)
  if (end < size) throw new LogDamagedError(`entry ${end} of ${size} is missing`)
}

async function formatPart(kysely: Kysely, { first, entries }: Part): Promise<string> {
  const notes = await readNotes(kysely, first, first + BigInt(entries.length))
  return entries
    .map(({ logIndex, id, entry, leafHash }) => {
      if (entry === undefined || entry.record.id !== id) {
        throw new LogDamagedError(`entry ${logIndex} (${id}) has no row that can be`)
      }
      const line = formatExportLine({ type: 'entry', index: logIndex, entry, leafHash })
      const note = notes.get(logIndex + 1n)
      if (note === undefined) return line
      return line + formatExportLine({ type: 'checkpoint', size: logIndex + 1n, note })
    })
    .join('')
}

async function checkpointLines(kysely: Kysely, after: bigint, to: bigint): Promise<string> {
  const notes = await readNotes(kysely, after, to)
  return [...notes].map(([size, note]) => formatExportLine({ type: 'checkpoint', size, note })).join('')
}

/** Kept checkpoints by size. */
async function readNotes(kysely: Kysely, after: bigint, to: bigint): Promise<ReadonlyMap<bigint, string>> {
  const rows = await kysely
    .selectFrom('ledger.checkpoints')
    .selectAll()
    .where('size', '>', after)
    .where('size', '<=', to)
    .orderBy('size')
    .execute()
  return new Map(rows.map(({ size, note }) => [size, note]))
}
