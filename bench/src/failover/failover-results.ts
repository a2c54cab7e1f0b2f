import type { Machine } from '../machine.ts'
import type { FailoverBenchOptions } from './failover-bench-options.ts'

/** A way in which a stage is lost, and who can take its place. */
export interface FailoverCase {
  readonly name: string
  readonly workers: number
  /** Workers, and as many validators, that stand by with the layers loaded. */
  readonly spares: number
  readonly victims: readonly string[]
  readonly signal: 'SIGKILL' | 'SIGSTOP'
  /** Share of the kills that the options ask for. */
  readonly share: number
}

/** One loss. */
export interface FailoverSample {
  readonly model: string
  readonly case: string
  readonly round: number
  readonly victim: string
  /** From the signal to the first token that the new formation made. */
  readonly pauseMs: number
  /** Median time from token to token before the loss. */
  readonly usualMs: number
  /** From the moment that the driver knew of the loss to the new formation; undefined if it had nothing to repair. */
  readonly repairMs: number | undefined
  /** Tokens of the session at the loss. */
  readonly contextTokens: number
  /** Sessions that began anew from the driver's own tokens. */
  readonly restartedSessions: number
  /** Whether all tokens and log-probabilities were those of the undisturbed run. */
  readonly isSame: boolean
}

/** Everything that the benchmark found out; this is the content of the JSON file. */
export interface FailoverResults {
  readonly name: 'failover'
  /** Day in UTC, as in 2025-01-31. */
  readonly date: string
  readonly machine: Machine
  readonly settings: Pick<FailoverBenchOptions, 'kills' | 'contextTokens' | 'isQuick'>
  readonly cases: readonly FailoverCase[]
  readonly samples: readonly FailoverSample[]
}
