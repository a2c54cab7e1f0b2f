import { MarketAnswerError } from '../errors.ts'
import { fetchMarket } from './fetch-market.ts'
import type { FetchMarketInit } from './fetch-market.ts'

/** A model's price as a market tells it. */
export interface ListedPrice {
  readonly model: string
  readonly basePrice: string
  readonly price: string
  readonly multiplier: string
  readonly supply: string
  readonly demandTokens: string
  readonly layerCount: number
  readonly seq: string
}

/** A point of a model's price history as a market tells it. */
export interface ListedPoint {
  readonly seq: string
  readonly atMs: number
  readonly cause: string
  readonly price: string
  readonly supply: string
  readonly demandTokens: string
}

type Market = Omit<FetchMarketInit, 'path'>

const PRICE_TEXTS = ['model', 'basePrice', 'price', 'multiplier', 'supply', 'demandTokens', 'seq']
const POINT_TEXTS = ['seq', 'cause', 'price', 'supply', 'demandTokens']

/** Prices of all models. @throws what {@link fetchMarket} throws. */
export async function fetchPrices(market: Market): Promise<readonly ListedPrice[]> {
  const { models } = await fetchMarket({ ...market, path: '/v1/prices' })
  return rowsOf<ListedPrice>(models, { texts: PRICE_TEXTS, numbers: ['layerCount'], market })
}

/** The newest `limit` points of a model, oldest first. @throws what {@link fetchMarket} throws. */
export async function fetchHistory(
  market: Market,
  { model, limit }: { readonly model: string; readonly limit: number },
): Promise<readonly ListedPoint[]> {
  const query = new URLSearchParams({ model, limit: String(limit) })
  const { points } = await fetchMarket({ ...market, path: `/v1/prices/history?${query.toString()}` })
  return rowsOf<ListedPoint>(points, { texts: POINT_TEXTS, numbers: ['atMs'], market }).toReversed()
}

/** @throws MarketAnswerError unless it's a list of objects with these fields. */
function rowsOf<Row>(
  value: unknown,
  {
    texts,
    numbers,
    market,
  }: { readonly texts: readonly string[]; readonly numbers: readonly string[]; readonly market: Market },
): readonly Row[] {
  const isRow = (row: unknown): row is Readonly<Record<string, unknown>> =>
    typeof row === 'object' &&
    row !== null &&
    texts.every((name) => typeof (row as Readonly<Record<string, unknown>>)[name] === 'string') &&
    numbers.every((name) => typeof (row as Readonly<Record<string, unknown>>)[name] === 'number')
  if (Array.isArray(value) && value.every(isRow)) return value as readonly Row[]
  throw new MarketAnswerError(market.address, 'a list with other fields')
}
