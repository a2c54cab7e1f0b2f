/**
 * A market as users and drivers have it: prices, drivers and their verified keys, requests, work, events.
 *
 * ```ts
 * import { systemClock as clock, systemRandom as random } from '@shardline/core'
 * import { connectMarket, textAsk } from '@shardline/client'
 *
 * const market = connectMarket({ url: 'https://market.example', marketId, identity, historyKey, clock, random })
 * const [best] = await market.drivers('smollm2-135m/q4', { filters: { completedMin: 20 } })
 * const asked = { model: best.model, driver: best.driver, promptTokensMax: 100, outputTokensMax: 200 }
 * const request = await market.open(asked)
 * await market.submit({ request, content: textAsk('Tell me a story.') })
 * await market.acknowledge({ id: request.id, received: { prompt: 12, output: 180 } })
 * ```
 */
export { checkReceipts } from './check-receipts.ts'
export type { CheckedReceipts } from './check-receipts.ts'
export * from './connect-market.ts'
export type { VerifiedDriverKey } from './driver-key-directory.ts'
export type { Fetch } from './fetch-answer.ts'
export type { MarketBalance } from './market-balance.ts'
export * from './market-client.ts'
export type { DriverFilters, DriverReputation, MarketDriver } from './market-driver.ts'
export * from './market-errors.ts'
export type { MarketEvent, MarketEventsOptions, MarketTopic } from './market-event.ts'
export type { EventLimits } from './market-events.ts'
export type { MarketFacts } from './market-facts.ts'
export type { MarketLimits } from './market-http.ts'
export * from './market-limits.ts'
export type { MarketModel, MarketPrice, MarketPricePoint, MarketQuote } from './market-price.ts'
export type { MarketNode } from './market-node.ts'
export { MARKET_REQUEST_STATES } from './market-request.ts'
export type {
  MarketParticipants,
  MarketRequest,
  MarketRequestState,
  MarketSettlement,
  TokenCounts,
} from './market-request.ts'
export type { NodeWork } from './node-work.ts'
export type { OwnPrompt } from './prompt-seal.ts'
export type { EventWebSocket, EventWebSocketConstructor } from './web-socket.ts'
export * from './work-source.ts'
