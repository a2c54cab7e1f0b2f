import type { Clock, Log, Random } from '@shardline/core'
import type { Ledger, LedgerDatabase } from '@shardline/ledger'
import type { MarketSettings } from './settings.ts'

/** What every operation of a market works with. */
export interface MarketContext {
  /** Holds the ledger's tables and the market's, so that one backup holds both. */
  readonly database: LedgerDatabase
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: MarketSettings
}
