import type { ShardlineError } from '@shardline/core'
import type { Terminal } from '../console/terminal.ts'
import { reportError, reportToJson, reportToText } from './error-report.ts'

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
