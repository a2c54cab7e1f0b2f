import { isSameHash } from '@shardline/core'
import { ExportMalformedError } from '../errors.ts'
import { EntryVerifier } from '../verify/entry-verifier.ts'
import type { LedgerFault, VerifyOptions, VerifyReport } from '../verify/verify-report.ts'
import { parseExportLine } from './export-line.ts'
import type { ExportLine } from './export-line.ts'
import { splitLines } from './split-lines.ts'
import type { TextLine } from './split-lines.ts'

/** Options of {@link verifyExport}. */
export interface VerifyExportOptions extends VerifyOptions {
  /** Longest line in bytes. @default EXPORT_LINE_BYTES_MAX */
  readonly lineBytesMax?: number
}

/**
 * Checks an export as `verifyLedger` checks a database: every leaf, the tree, the course of every hold, limits, and the
 * checkpoints in it and those given. Needs no database. An export in several pieces is checked by giving them one after
 * the other.
 *
 * @throws ExportMalformedError if the bytes don't begin as an export does, LedgerInputError or
 * NoteSignatureError for `notes` that the key didn't sign, and the signal's reason.
 */
export async function verifyExport(
  chunks: AsyncIterable<Uint8Array>,
  options: VerifyExportOptions = {},
): Promise<VerifyReport> {
  const verifier = new EntryVerifier(options)
  return verifier.report(await findFault(splitLines(chunks, options.lineBytesMax), verifier))
}

type Header = Extract<ExportLine, { type: 'header' }>

async function findFault(
  lines: AsyncIterable<TextLine>,
  verifier: EntryVerifier,
): Promise<LedgerFault | undefined> {
  const { range, trail } = verifier
  let header: Header | undefined
  for await (const text of lines) {
    const line = readLine(text, header)
    if (line === undefined) return faultAt(verifier, 'row', 'its line is cut off, or none that can be')
    const fault = takeLine(verifier, line)
    if (fault !== undefined) return fault
    if (line.type === 'header') {
      header = line
      verifier.total = line.size
    }
    if (header !== undefined && header.size === range.size && !isSameHash(header.root, range.root())) {
      return {
        ...faultAt(verifier, 'root', 'the entries have another root than the export says'),
        part: 'state',
      }
    }
  }
  if (header === undefined) throw new ExportMalformedError('it is empty')
  if (range.size < header.size)
    return faultAt(verifier, 'log_index', `the entry is missing, of ${header.size}`)
  return trail.missing(range.size) ?? trail.fault
}

/** Undefined for a line that is none. @throws ExportMalformedError if that is the first one. */
function readLine({ text, isWhole }: TextLine, header: Header | undefined): ExportLine | undefined {
  try {
    const line = isWhole ? parseExportLine(text) : undefined
    if (header === undefined && line?.type !== 'header') {
      throw new ExportMalformedError('its first line is no header')
    }
    return line
  } catch (cause) {
    if (header !== undefined && cause instanceof ExportMalformedError) return undefined
    throw cause
  }
}

function takeLine(verifier: EntryVerifier, line: ExportLine): LedgerFault | undefined {
  const { range, trail } = verifier
  switch (line.type) {
    case 'header': {
      const isNext = line.from === range.size && line.size >= line.from
      return isNext
        ? trail.compare(range)
        : faultAt(verifier, 'log_index', `the export goes on at ${line.from}`)
    }
    case 'entry':
      return verifier.take({
        logIndex: line.index,
        id: line.entry.record.id,
        leafHash: line.leafHash,
        entry: line.entry,
      })
    case 'checkpoint':
      return takeCheckpoint(verifier, line)
  }
}

function takeCheckpoint(
  { range, trail }: EntryVerifier,
  { size, note }: Extract<ExportLine, { type: 'checkpoint' }>,
): LedgerFault | undefined {
  if (size !== range.size) {
    const what = `a checkpoint over ${size} entries stands after ${range.size}`
    return { part: 'checkpoint', logIndex: range.size, id: '', field: 'size', what }
  }
  trail.add([{ size, note }])
  return trail.compare(range)
}

function faultAt({ range }: EntryVerifier, field: string, what: string): LedgerFault {
  return { part: 'entry', logIndex: range.size, id: '', field, what }
}
