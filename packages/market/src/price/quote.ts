import type { PartyId } from '@shardline/identity'
import type { ModelId } from '../ids.ts'

/** What moved a price. */
export type PriceCause =
  | 'model-set'
  | 'capacity-registered'
  | 'capacity-withdrawn'
  | 'submitted'
  | 'completed'
  | 'cancelled'
  | 'expired'
  | 'failed'

/** One point of a model's price history. */
export interface PricePoint {
  readonly model: ModelId
  /** Counts this model's points, from 1. */
  readonly seq: bigint
  readonly atMs: number
  readonly cause: PriceCause
  /** Microcredits per 1,000,000 tokens, as an exact decimal; after this event. */
  readonly price: string
  /** Tokens per second, as a decimal. */
  readonly supply: string
  readonly demandTokens: bigint
}

/** A model and what it costs now. */
export interface ModelPrice {
  readonly model: ModelId
  readonly layerCount: number
  readonly basePrice: bigint
  /** Microcredits per 1,000,000 tokens, as an exact decimal. */
  readonly price: string
  /** price / base, as a decimal. */
  readonly multiplier: string
  readonly supply: string
  readonly demandTokens: bigint
  readonly seq: bigint
}

/** What a quote is asked for. */
export interface QuoteInit {
  readonly model: ModelId
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  /** When given, the quote says how much of it this party can pay. */
  readonly user?: PartyId
}

/** What a request would cost if it were opened now. */
export interface Quote extends ModelPrice {
  /** Tokens asked of one second's supply, as a decimal; undefined without supply. */
  readonly utilization: string | undefined
  /** Why the price is what it is. */
  readonly because: 'idle' | 'demand' | 'no-supply' | 'falling'
  /** Microcredits that would be held. */
  readonly hold: bigint
  /** Tokens that the user's free credits would cover; undefined without a user. */
  readonly affordableTokens: bigint | undefined
}
