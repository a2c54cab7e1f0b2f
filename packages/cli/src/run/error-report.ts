import { RemoteError } from '@shardline/core'
import type { ErrorDetails, ShardlineError } from '@shardline/core'
import { ADVICE_DEFAULT, adviceFor } from './advice.ts'

/** A failure as programs read it, and as it travels from a role process to the one that started it. */
export interface ErrorReport {
  readonly code: string
  readonly message: string
  /** What to do about it. */
  readonly advice: string
  readonly retryable: boolean
  readonly details: ErrorDetails
}

/** Describes a failure. One that another process or a market reported keeps the code that it has there. */
export function reportError(error: ShardlineError): ErrorReport {
  const remoteCode = remoteCodeOf(error)
  const code = isTold(error) ? (remoteCode ?? error.code) : error.code
  return {
    code,
    message: oneLine(withoutCode(error.message, code)),
    advice: adviceFor(code) ?? adviceFor(remoteCode ?? '') ?? ADVICE_DEFAULT,
    retryable: error.retryable,
    details: error.details,
  }
}

/** Writes a report as the JSON object that `--json` promises. */
export function reportToJson(report: ErrorReport): string {
  const text = JSON.stringify({ error: report }, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  return `${text}\n`
}

/** Writes a report for people: what is wrong, what to do, the code. */
export function reportToText(report: ErrorReport, bold: (text: string) => string): string {
  return `${bold('error:')} ${report.message}\n   do: ${report.advice}\n code: ${report.code}\n`
}

/** Whether a failure is one that another process, or a market, has told of: its code is the one to look up. */
function isTold(error: ShardlineError): boolean {
  return error instanceof RemoteError || error.code === 'CLIENT_MARKET_REFUSED'
}

/** The code of the process where the failure happened, if it was another one. */
function remoteCodeOf(error: ShardlineError): string | undefined {
  const code = error.details['remoteCode']
  return typeof code === 'string' ? code : undefined
}

/** A RemoteError's message ends with its code in brackets; here the code has a line of its own. */
function withoutCode(message: string, code: string): string {
  return message.replaceAll(` [${code}]`, '')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}
