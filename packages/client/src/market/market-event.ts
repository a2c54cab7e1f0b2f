import type { PartyId } from '@shardline/identity'
import type { AnswerFields } from './answer-fields.ts'
import { readPrice } from './market-price.ts'
import type { MarketPrice } from './market-price.ts'
import { MARKET_REQUEST_STATES, readRequest } from './market-request.ts'
import type { MarketRequest, MarketRequestState } from './market-request.ts'

/** What can be heard of. */
export type MarketTopic = 'requests' | 'prices'

/** Options of {@link MarketClient.events}. */
export interface MarketEventsOptions {
  /** At least one. `requests` are one's own, as user or driver. */
  readonly topics: readonly MarketTopic[]
  /** Only prices of this model. @default all */
  readonly model?: string
  readonly signal?: AbortSignal | undefined
}

/** Something that happened on a market, or how things stand there. */
export type MarketEvent =
  /** Comes first, and first after each reconnection. */
  | {
      readonly type: 'state'
      readonly prices: readonly MarketPrice[] | undefined
      /** The newest of one's own. */
      readonly requests: readonly MarketRequest[] | undefined
    }
  | {
      readonly type: 'request'
      readonly request: string
      readonly state: MarketRequestState
      readonly user: PartyId
      readonly driver: PartyId
      readonly fence: number
      readonly isSettled: boolean
    }
  | { readonly type: 'price'; readonly model: string; readonly seq: bigint; readonly price: string }

const TYPES = ['state', 'request', 'price'] as const

/** @throws MarketAnswerError */
export function readEvent(fields: AnswerFields): MarketEvent {
  const type = fields.word('type', TYPES)
  switch (type) {
    case 'state':
      return {
        type,
        prices: fields.maybe('prices', (from) => from.list('prices', readPrice)),
        requests: fields.maybe('requests', (from) => from.list('requests', readRequest)),
      }
    case 'request':
      return {
        type,
        request: fields.text('request'),
        state: fields.word('state', MARKET_REQUEST_STATES),
        user: fields.party('user'),
        driver: fields.party('driver'),
        fence: fields.number('fence'),
        isSettled: fields.flag('isSettled'),
      }
    case 'price':
      return {
        type,
        model: fields.text('model'),
        seq: fields.whole('seq'),
        price: fields.text('price'),
      }
  }
}
