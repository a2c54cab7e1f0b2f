/**
 * The market: prices, requests with escrow, claims, receipts, settlement and reputation, on the ledger's database.
 *
 * ```ts
 * import { systemClock, systemRandom } from '@shardline/core'
 * import { openDatabase } from '@shardline/ledger'
 * import { openMarket, serveMarket } from '@shardline/market'
 *
 * await using database = await openDatabase('memory:')
 * await using market = await openMarket({ database, clock: systemClock, random: systemRandom, log })
 * await using server = await serveMarket({ market, identity, clock: systemClock, random: systemRandom, log, nonces }, { port: 7300 })
 * ```
 */
export type {
  DriverKeyConsistency,
  DriverKeyPage,
  DriverKeyShown,
} from './driver-keys/driver-key-log-reader.ts'
export * from './errors.ts'
export * from './events/market-events.ts'
export { ERROR_STATUS, statusOf } from './http/error-status.ts'
export * from './http/http-settings.ts'
export * from './http/serve-market.ts'
export * from './ids.ts'
export * from './limits.ts'
export * from './market.ts'
export * from './node/listing.ts'
export * from './open-market.ts'
export { PRICE_UNIT_TOKENS, amountOf, formatPrice, parsePrice } from './price/price-rule.ts'
export type { ScaledPrice } from './price/price-rule.ts'
export * from './price/quote.ts'
export * from './request/inputs.ts'
export * from './request/request-state.ts'
export * from './request/request.ts'
export * from './read-settings.ts'
export * from './proof/check-receipts.ts'
export * from './proof/verify-receipts.ts'
export type { DriverFilters, FilterMiss } from './reputation/filters.ts'
export * from './security/sql-nonce-memory.ts'
export * from './settings.ts'
export * from './stats/market-stats.ts'
