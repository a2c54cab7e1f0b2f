import { fromUnknown } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import { CommanderError } from 'commander'
import type { CommandContext } from '../commands/command-context.ts'
import type { Terminal } from '../console/terminal.ts'
import { InterruptedError, OptionInvalidError, UsageError } from '../errors.ts'
import { buildProgram } from '../program.ts'
import { reportError, reportToJson, reportToText } from './error-report.ts'
import { EXIT_CODES, exitCodeOf } from './exit-code.ts'

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

/** Whether errors are wanted as JSON. Known before parsing, since parsing can fail. */
export function isJsonWanted(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}

/** Writes a failure to standard error. */
export function reportFailure(
  error: ShardlineError,
  options: { readonly terminal: Terminal; readonly isJson: boolean },
): void {
  const report = reportError(error)
  const { terminal } = options
  terminal.note(
    options.isJson
      ? reportToJson(report)
      : reportToText(report, (text) => terminal.style('stderr', 'red', text)),
  )
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
