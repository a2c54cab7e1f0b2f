import type { Milliseconds } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { ClientLimits } from '../driver-connection.ts'
import type { DriverFilters } from '../market/market-driver.ts'
import type { MarketSourceLimits } from './source-settings.ts'

/** What a user demands of the drivers of a market, for every ask of one source. */
export interface MarketSourceOptions {
  /** Which drivers may answer; `drivers` names them one by one. @default all */
  readonly filters?: DriverFilters
  /** Nothing is asked while the price is above it: microcredits per 1,000,000 tokens, as a decimal. @default no bound */
  readonly maxPrice?: string
  /** 0 to 9; higher is served first. @default 0 */
  readonly priority?: number
  /** Milliseconds from asking until the request fails. @default what the market sets */
  readonly maxTimeMs?: Milliseconds
  /** Who may sign tokens. @default whoever a driver names */
  readonly validators?: readonly PartyId[]
  /** @default {} */
  readonly limits?: MarketSourceLimits & ClientLimits
}
