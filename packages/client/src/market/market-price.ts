import type { AnswerFields } from './answer-fields.ts'

/** A model on the market. */
export interface MarketModel {
  readonly model: string
  readonly layerCount: number
  /** Microcredits per 1,000,000 tokens of an idle market. */
  readonly basePrice: bigint
}

/** A model and what it costs now. */
export interface MarketPrice extends MarketModel {
  /** Microcredits per 1,000,000 tokens, as an exact decimal. */
  readonly price: string
  /** price / basePrice, as a decimal. */
  readonly multiplier: string
  /** Tokens per second of live capacities, as a decimal. */
  readonly supply: string
  /** Output tokens of requests that wait or run. */
  readonly demandTokens: bigint
  /** Number of the last event that moved the price. */
  readonly seq: bigint
}

/** What a request would cost now. */
export interface MarketQuote extends MarketPrice {
  /** Demand per second over supply, as a decimal; undefined without supply. */
  readonly utilization: string | undefined
  /** Why the price is what it is: `idle`, `demand`, `no-supply` or `falling`. */
  readonly because: string
  /** Microcredits that would be held. */
  readonly hold: bigint
  /** Tokens that the user's free credits would cover; undefined if nobody signed. */
  readonly affordableTokens: bigint | undefined
}

/** A model's price after an event. */
export interface MarketPricePoint {
  readonly model: string
  readonly seq: bigint
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** What moved it, such as `submitted` or `capacity-registered`. */
  readonly cause: string
  readonly price: string
  readonly supply: string
  readonly demandTokens: bigint
}

/** @throws MarketAnswerError */
export function readModel(fields: AnswerFields): MarketModel {
  return {
    model: fields.text('model'),
    layerCount: fields.number('layerCount'),
    basePrice: fields.whole('basePrice'),
  }
}

/** @throws MarketAnswerError */
export function readPrice(fields: AnswerFields): MarketPrice {
  return {
    ...readModel(fields),
    price: fields.text('price'),
    multiplier: fields.text('multiplier'),
    supply: fields.text('supply'),
    demandTokens: fields.whole('demandTokens'),
    seq: fields.whole('seq'),
  }
}

/** @throws MarketAnswerError */
export function readQuote(fields: AnswerFields): MarketQuote {
  return {
    ...readPrice(fields),
    utilization: fields.maybe('utilization', (from) => from.text('utilization')),
    because: fields.text('because'),
    hold: fields.whole('hold'),
    affordableTokens: fields.maybe('affordableTokens', (from) => from.whole('affordableTokens')),
  }
}

/** @throws MarketAnswerError */
export function readPricePoint(fields: AnswerFields): MarketPricePoint {
  return {
    model: fields.text('model'),
    seq: fields.whole('seq'),
    atMs: fields.number('atMs'),
    cause: fields.text('cause'),
    price: fields.text('price'),
    supply: fields.text('supply'),
    demandTokens: fields.whole('demandTokens'),
  }
}
