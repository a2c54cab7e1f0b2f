import { constants } from 'node:os'
import type { ShardlineError } from '@shardline/core'
import {
  ConfigInvalidError,
  InputMissingError,
  InterruptedError,
  ModelNotGivenError,
  OptionInvalidError,
  PassphraseMismatchError,
  SettingsFileError,
  UsageError,
} from '../errors.ts'

/** What the command's exit code says. Signals give 128 + their number: 130 after ^C. */
export interface ExitCodes {
  /** Done. */
  readonly ok: 0
  /** Failed; the error says why. */
  readonly failure: 1
  /** The command line or the environment can't be used; nothing was started. */
  readonly usage: 2
  /** Stopped by ^C. */
  readonly interrupted: 130
}

/** See {@link ExitCodes}. */
export const EXIT_CODES: ExitCodes = Object.freeze({ ok: 0, failure: 1, usage: 2, interrupted: 130 })

/** Exit code of a command that a signal ended, as shells count it. */
export function exitCodeOfSignal(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): number {
  return 128 + constants.signals[signal]
}

/** Wrong options that another package found: named by code, so that `--help` needs no more than this one. */
const USAGE_CODES: readonly string[] = ['MARKET_SETTING_INVALID', 'NODE_INVITE_INVALID']

/** Exit code of a command that failed with `error`. */
export function exitCodeOf(error: ShardlineError): number {
  if (error instanceof InterruptedError) return error.exitCode
  const isUsage =
    error instanceof UsageError ||
    error instanceof OptionInvalidError ||
    error instanceof ConfigInvalidError ||
    error instanceof ModelNotGivenError ||
    error instanceof PassphraseMismatchError ||
    error instanceof InputMissingError ||
    error instanceof SettingsFileError ||
    USAGE_CODES.includes(error.code)
  return isUsage ? EXIT_CODES.usage : EXIT_CODES.failure
}
