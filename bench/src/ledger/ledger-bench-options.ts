import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'

/** How long and how large the ledger's benchmark is. */
export interface LedgerBenchOptions {
  readonly rounds: number
  readonly durationMs: number
  /** Calls that are on their way at the same time. */
  readonly callers: number
  /** Connections of the hand-written SQL on PostgreSQL. */
  readonly connections: number
  /** Sizes in entries that the log grows to; the rate is measured at each. */
  readonly sizes: readonly number[]
  /** How long each of the three measurements at such a size takes. */
  readonly growthMs: number
  readonly isQuick: boolean
  /** Undefined means the usual place. */
  readonly outFolder: string | undefined
}

/** Sizes for numbers to report. */
const FULL = {
  rounds: 3,
  durationMs: 4_000,
  callers: 256,
  connections: 16,
  sizes: [10_000, 100_000, 250_000, 500_000, 750_000, 1_000_000],
  growthMs: 1_500,
  isQuick: false,
} as const

/** Sizes that show that all works, in seconds. */
const QUICK = {
  rounds: 1,
  durationMs: 300,
  callers: 64,
  connections: 8,
  sizes: [2_000, 10_000],
  growthMs: 100,
  isQuick: true,
} as const

/**
 * Reads the command line after `ledger`; `help.txt` describes it.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parseLedgerBenchOptions(args: readonly string[]): LedgerBenchOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { quick: { type: 'boolean' }, out: { type: 'string' } },
    })
    return { ...(values.quick === true ? QUICK : FULL), outFolder: values.out }
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
