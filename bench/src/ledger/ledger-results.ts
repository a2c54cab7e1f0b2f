import type { Machine } from '../machine.ts'
import type { LedgerBenchOptions } from './ledger-bench-options.ts'
import type { Spread } from './settlement-subject.ts'

/** Databases that are measured. */
export type DatabaseName = 'PostgreSQL' | 'PGlite'

/** Settlements per second of one subject in one round. */
export interface SettlementSample {
  readonly database: DatabaseName
  readonly subject: 'plain SQL' | 'ledger'
  readonly spread: Spread
  readonly round: number
  readonly perSecond: number
}

/** Settlements per second through the hot account, at one size of the log. */
export interface GrowthSample {
  readonly database: DatabaseName
  /** Entries in the log before it was measured. */
  readonly entries: number
  readonly round: number
  readonly perSecond: number
}

/** Everything that the ledger's benchmark found out; this is the content of the JSON file. */
export interface LedgerResults {
  readonly name: 'ledger'
  /** Day in UTC, as in 2025-01-31. */
  readonly date: string
  readonly machine: Machine
  readonly settings: Omit<LedgerBenchOptions, 'outFolder'>
  readonly settlements: readonly SettlementSample[]
  readonly growth: readonly GrowthSample[]
}
