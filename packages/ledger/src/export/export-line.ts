import { HASH_BYTES } from '@shardline/core'
import type { Hash } from '@shardline/core'
import { ExportMalformedError } from '../errors.ts'
import type { LogEntry } from '../log/log-entry.ts'
import { entryFields, readEntryFields } from './entry-fields.ts'
import { readBigint, readText } from './read-field.ts'
import type { JsonFields } from './read-field.ts'

/** Name of the format, in the first line. */
export const EXPORT_FORMAT = 'shardline-ledger-export'
/** Version of the format. */
export const EXPORT_VERSION = 1

/** One line of an export. */
export type ExportLine =
  /** Begins an export, or its continuation: entries from `from` on follow, of a log that had `size` entries and this root. */
  | { readonly type: 'header'; readonly from: bigint; readonly size: bigint; readonly root: Hash }
  | { readonly type: 'entry'; readonly index: bigint; readonly entry: LogEntry; readonly leafHash: Hash }
  /** Stands after the last entry that it covers. */
  | { readonly type: 'checkpoint'; readonly size: bigint; readonly note: string }

/** Writes a line, with its newline. A line has one form, byte for byte. */
export function formatExportLine(line: ExportLine): string {
  return `${JSON.stringify(fieldsOf(line))}\n`
}

function fieldsOf(line: ExportLine): JsonFields {
  switch (line.type) {
    case 'header': {
      const { from, size, root } = line
      const head = { type: 'header', format: EXPORT_FORMAT, version: EXPORT_VERSION }
      return { ...head, from: String(from), size: String(size), root: toBase64(root) }
    }
    case 'entry':
      return {
        index: String(line.index),
        ...entryFields(line.entry),
        leaf_hash: toBase64(line.leafHash),
      }
    case 'checkpoint':
      return { type: 'checkpoint', size: String(line.size), note: line.note }
  }
}

/**
 * Reads a line without its newline. What isn't exactly as {@link formatExportLine} writes it is refused, so that nothing
 * can stand in an export that no hash covers.
 *
 * @throws ExportMalformedError
 */
export function parseExportLine(text: string): ExportLine {
  const line = readLine(parseObject(text))
  if (formatExportLine(line) === `${text}\n`) return line
  throw new ExportMalformedError('a line is not written as an export writes it')
}

function readLine(fields: JsonFields): ExportLine {
  switch (fields['type']) {
    case 'header':
      if (fields['format'] !== EXPORT_FORMAT || fields['version'] !== EXPORT_VERSION) {
        throw new ExportMalformedError(`it is not of the format ${EXPORT_FORMAT}, version ${EXPORT_VERSION}`)
      }
      return {
        type: 'header',
        from: readBigint(fields, 'from'),
        size: readBigint(fields, 'size'),
        root: readHash(fields, 'root'),
      }
    case 'checkpoint':
      return { type: 'checkpoint', size: readBigint(fields, 'size'), note: readText(fields, 'note') }
    default:
      return {
        type: 'entry',
        index: readBigint(fields, 'index'),
        entry: readEntryFields(fields),
        leafHash: readHash(fields, 'leaf_hash'),
      }
  }
}

function parseObject(text: string): JsonFields {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonFields
  } catch {
    // Reported below, as what isn't an object is.
  }
  throw new ExportMalformedError('a line is no JSON object')
}

function readHash(fields: JsonFields, name: string): Hash {
  const hash = Buffer.from(readText(fields, name), 'base64')
  if (hash.length === HASH_BYTES) return new Uint8Array(hash)
  throw new ExportMalformedError(`${name} is no hash in base64`)
}

function toBase64(hash: Hash): string {
  return Buffer.from(hash).toString('base64')
}
