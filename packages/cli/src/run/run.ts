import { fromUnknown } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import { CommanderError } from 'commander'
import type { CommandContext } from '../commands/command-context.ts'
import { InterruptedError, OptionInvalidError, UsageError } from '../errors.ts'
import { buildProgram } from '../program.ts'
import { reportError } from './error-report.ts'
import { EXIT_CODES, exitCodeOf } from './exit-code.ts'
import { isJsonWanted, reportFailure } from './report-failure.ts'

/** Runs one command line (without node and script) and resolves with its exit code; failures are reported, never thrown. */
export async function run(argv: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, interrupt, supervised } = context
  const isJson = isJsonWanted(argv)
  try {
    await buildProgram(context).parseAsync([...argv], { from: 'user' })
    interrupt.signal.throwIfAborted()
    return EXIT_CODES.ok
  } catch (cause) {
    const stopped: unknown = interrupt.signal.reason
    const error = stopped instanceof InterruptedError ? stopped : toFailure(cause)
    // Stopped without a reason: whoever started this, or reads its output, has all that was wanted.
    if (error === undefined || (interrupt.signal.aborted && error !== stopped)) return EXIT_CODES.ok
    if (supervised !== undefined) await supervised.failed(reportError(error))
    else if (isJson || !(error instanceof InterruptedError)) reportFailure(error, { terminal, isJson })
    return exitCodeOf(error)
  }
}

/** Undefined if it was no failure but a way to end: help or version was printed. */
function toFailure(cause: unknown): ShardlineError | undefined {
  if (!(cause instanceof CommanderError)) return fromUnknown(cause)
  if (cause.exitCode === 0) return undefined
  if (cause.code === 'commander.help') return new UsageError('no command was given')
  const message = cause.message.replace(/^error: /, '')
  return cause.code === 'commander.invalidArgument'
    ? new OptionInvalidError(message)
    : new UsageError(message)
}
