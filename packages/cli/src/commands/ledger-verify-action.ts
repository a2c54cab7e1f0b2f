import { createReadStream } from 'node:fs'
import { verifyExport, verifyLedger } from '@shardline/ledger'
import type { VerifyOptions as LedgerVerifyOptions, VerifyReport } from '@shardline/ledger'
import { Progress } from '../console/progress.ts'
import { InputUnreadableError, LedgerFaultyError, UsageError } from '../errors.ts'
import { openExistingDatabase } from '../ledger/open-database.ts'
import type { DatabaseOptions } from '../ledger/open-database.ts'
import { readCheckpoints } from '../ledger/read-checkpoints.ts'
import type { CheckpointOptions } from '../ledger/read-checkpoints.ts'
import { describeFault, verifyReportToJson, verifyReportToText } from '../ledger/verify-result.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { systemReason } from '../run/system-reason.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline ledger verify`. */
export type VerifyOptions = OutputOptions &
  DatabaseOptions &
  CheckpointOptions & { readonly export: string | undefined }

/**
 * Verifies a database or an export, and prints what was found.
 *
 * @throws LedgerFaultyError, after printing, naming the first bad entry.
 */
export async function runVerify(options: VerifyOptions, context: CommandContext): Promise<void> {
  const { terminal, clock, interrupt } = context
  if (options.export !== undefined && options.database !== undefined) {
    throw new UsageError('--database and --export exclude each other')
  }
  const { key, trusted } = await readCheckpoints(options, terminal)
  const progress = new Progress({
    terminal,
    clock,
    isShown: options.json !== true && options.quiet !== true,
  })
  let report: VerifyReport
  try {
    report = await verify(options, context, {
      ...(key === undefined ? {} : { key }),
      trusted,
      signal: interrupt.signal,
      onProgress: (entries, total) =>
        progress.reportCount({ what: 'verifying entries', done: Number(entries), total: Number(total) }),
    })
  } finally {
    progress.clear()
  }
  terminal.print(
    options.json === true
      ? `${JSON.stringify(verifyReportToJson(report))}\n`
      : verifyReportToText(report, key !== undefined),
  )
  const { fault } = report
  if (fault === undefined) return
  const { part, id, field } = fault
  const index = fault.logIndex === undefined ? null : String(fault.logIndex)
  throw new LedgerFaultyError(describeFault(fault), { details: { part, index, id, field } })
}

async function verify(
  options: VerifyOptions,
  context: CommandContext,
  how: LedgerVerifyOptions,
): Promise<VerifyReport> {
  if (options.export !== undefined) return verifyExport(readBytes(options.export, context), how)
  await using database = await openExistingDatabase(options, context.config)
  return await verifyLedger(database, how)
}

async function* readBytes(path: string, { terminal }: CommandContext): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of path === '-' ? terminal.stdin : createReadStream(path)) {
      yield Buffer.from(chunk as Uint8Array)
    }
  } catch (cause) {
    throw new InputUnreadableError(path === '-' ? 'standard input' : path, systemReason(cause), cause)
  }
}
