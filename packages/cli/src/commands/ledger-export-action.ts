import { exportLedger, parseExportLine } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import { Progress } from '../console/progress.ts'
import { UsageError } from '../errors.ts'
import { ExportFile } from '../ledger/export-file.ts'
import { openExistingDatabase } from '../ledger/open-database.ts'
import type { DatabaseOptions } from '../ledger/open-database.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline ledger export`. */
export type ExportOptions = DatabaseOptions &
  Pick<OutputOptions, 'quiet'> & {
    readonly output: string | undefined
    readonly resume: boolean | undefined
    readonly from: bigint | undefined
  }

/** Writes the log, part by part, to a file or to standard output. */
export async function runExport(options: ExportOptions, context: CommandContext): Promise<void> {
  const { output, resume, from } = options
  if (resume === true && output === undefined) throw new UsageError('--resume needs --output')
  if (resume === true && from !== undefined) {
    throw new UsageError('--resume and --from exclude each other: the file says where it ends')
  }
  await using database = await openExistingDatabase(options, context.config)
  if (output === undefined) {
    await exportToTerminal(database, options, context)
    return
  }
  await using file = resume === true ? await ExportFile.resume(output) : await ExportFile.create(output)
  await exportToFile({ database, file }, options, context)
}

async function exportToTerminal(
  database: LedgerDatabase,
  options: ExportOptions,
  { terminal, interrupt }: CommandContext,
): Promise<void> {
  const { signal } = interrupt
  for await (const part of exportLedger(database, { from: options.from ?? 0n, signal })) {
    terminal.print(part)
    await terminal.flush()
    if (!terminal.isOutputOpen) return
  }
}

interface ExportTarget {
  readonly database: LedgerDatabase
  readonly file: ExportFile
}

async function exportToFile(
  { database, file }: ExportTarget,
  options: ExportOptions,
  { terminal, clock, interrupt }: CommandContext,
): Promise<void> {
  const isSilent = options.quiet === true
  const progress = new Progress({ terminal, clock, isShown: !isSilent })
  const from = options.from ?? file.next
  let size = from
  try {
    const parts = exportLedger(database, {
      from,
      signal: interrupt.signal,
      onProgress: (done, total) =>
        progress.reportCount({ what: 'exporting entries', done: Number(done), total: Number(total) }),
    })
    let isFirst = true
    for await (const part of parts) {
      if (isFirst) {
        size = sizeOf(part)
        // Nothing came since: the file stays as it is.
        if (size === from && file.last?.type === 'checkpoint') break
      }
      isFirst = false
      await file.append(part)
    }
    await file.sync()
  } finally {
    progress.clear()
  }
  if (!isSilent) terminal.note(`${size - from} entries written, ${size} in all\n`)
}

/** The size that the header, which begins the first part, says. */
function sizeOf(part: string): bigint {
  const header = parseExportLine(part.slice(0, part.indexOf('\n')))
  return header.type === 'header' ? header.size : 0n
}
