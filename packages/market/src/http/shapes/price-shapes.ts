import { Type } from '@sinclair/typebox'
import type { TUnsafe } from '@sinclair/typebox'
import { LAYERS_MAX } from '@shardline/core'
import { MODELS_MAX, PAGE_ITEMS_MAX } from '../../limits.ts'
import type { ModelPrice, PriceCause, PricePoint, Quote } from '../../price/quote.ts'
import { decimalText, modelIdText, timeMs, wholeText } from './parts.ts'
import { list, record, shape, text, whole, word } from './shape.ts'
import type { Shape } from './shape.ts'

const causeWord: TUnsafe<PriceCause> = word({
  'model-set': true,
  'capacity-registered': true,
  'capacity-withdrawn': true,
  submitted: true,
  completed: true,
  cancelled: true,
  expired: true,
  failed: true,
})

const PRICE_FIELDS = {
  model: modelIdText,
  layerCount: whole(1, LAYERS_MAX),
  basePrice: text('^[0-9]+$', 19, 'microcredits per 1,000,000 tokens of an idle market'),
  price: Type.String({ description: 'microcredits per 1,000,000 tokens now, an exact decimal' }),
  multiplier: Type.String({ description: 'price / basePrice' }),
  supply: Type.String({ description: 'tokens per second of live capacities' }),
  demandTokens: text('^[0-9]+$', 19, 'output tokens of requests that wait or run'),
  seq: text('^[0-9]+$', 19, 'number of the last event that moved the price'),
}

/** A model and what it costs now. */
export const modelPriceShape: Shape<ModelPrice> = shape<ModelPrice>()(
  record(PRICE_FIELDS, { title: 'ModelPrice' }),
)

/** All models. */
export interface PriceList {
  readonly models: readonly ModelPrice[]
}

/** All models and what they cost now. */
export const priceListShape: Shape<PriceList> = shape<PriceList>()(
  record({ models: list(modelPriceShape, MODELS_MAX) }),
)

/** What a model is, without its price. */
export interface ModelList {
  readonly models: readonly Pick<ModelPrice, 'model' | 'layerCount' | 'basePrice'>[]
}

/** What models there are. */
export const modelListShape: Shape<ModelList> = shape<ModelList>()(
  record({
    models: list(
      record({
        model: PRICE_FIELDS.model,
        layerCount: PRICE_FIELDS.layerCount,
        basePrice: PRICE_FIELDS.basePrice,
      }),
      MODELS_MAX,
    ),
  }),
)

/** A page of a model's history. */
export interface PriceHistory {
  readonly points: readonly PricePoint[]
}

/** A page of a model's history, newest first. */
export const priceHistoryShape: Shape<PriceHistory> = shape<PriceHistory>()(
  record({
    points: list(
      record({
        model: modelIdText,
        seq: wholeText,
        atMs: timeMs,
        cause: causeWord,
        price: decimalText,
        supply: decimalText,
        demandTokens: wholeText,
      }),
      PAGE_ITEMS_MAX,
    ),
  }),
)

/** What a request would cost now. */
export const quoteShape: Shape<Quote> = shape<Quote>()(
  record({
    ...PRICE_FIELDS,
    utilization: Type.Optional(
      Type.String({ description: 'demand per second over supply; absent without supply' }),
    ),
    because: word({ idle: true, demand: true, 'no-supply': true, falling: true }),
    hold: text('^[0-9]+$', 19, 'microcredits that would be held'),
    affordableTokens: Type.Optional(
      Type.String({
        description: "tokens that the signer's free credits would cover; absent without a signature",
      }),
    ),
  }),
)
