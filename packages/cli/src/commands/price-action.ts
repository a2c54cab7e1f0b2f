import type { MarketPrice, MarketPricePoint } from '@shardline/client'
import { formatTable } from '../console/format.ts'
import { MarketModelUnknownError, UsageError } from '../errors.ts'
import { formatTimeNs } from '../ledger/format-time.ts'
import { openMarketClient } from '../market/open-market-client.ts'
import { isLogarithmic, plot } from '../market/price-plot.ts'
import type { MarketOption } from '../options/market-option.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline price`. */
export type PriceOptions = MarketOption &
  Pick<OutputOptions, 'json'> & { readonly history: boolean | undefined; readonly limit: number }

const PLOT_WIDTH = 72
const PLOT_HEIGHT = 8
const SHOWN_DIGITS = 6
const NS_PER_MS = 1_000_000n

/**
 * Prints prices, or the history of one.
 *
 * @throws UsageError if a history is asked for without a model; MarketModelUnknownError; what asking a market throws.
 */
export async function runPrice(
  model: string | undefined,
  options: PriceOptions,
  context: CommandContext,
): Promise<void> {
  const { interrupt, terminal } = context
  const { signal } = interrupt
  const { address, client } = openMarketClient({ market: options.market }, context)
  if (options.history !== true) {
    const prices = await client.prices({ signal })
    const shown = model === undefined ? prices : prices.filter((price) => price.model === model)
    if (model !== undefined && shown.length === 0) throw new MarketModelUnknownError(model, address)
    terminal.print(options.json === true ? toJson({ models: shown.map(priceToJson) }) : priceTable(shown))
    return
  }
  if (model === undefined) throw new UsageError('--history needs a model')
  const newestFirst = await client.history(model, { limit: options.limit, signal })
  const points = newestFirst.toReversed()
  terminal.print(
    options.json === true ? toJson({ model, points: points.map(pointToJson) }) : historyText(model, points),
  )
}

function priceTable(prices: readonly MarketPrice[]): string {
  if (prices.length === 0) return 'there are no models on this market yet\n'
  const rows = prices.map((price) => [
    price.model,
    shorten(price.price),
    String(price.basePrice),
    `x${price.multiplier}`,
    price.supply,
    String(price.demandTokens),
  ])
  const header = ['model', 'microcredits per 1M tokens', 'base', 'now', 'tokens/s', 'tokens asked for']
  return formatTable([header, ...rows])
}

function historyText(model: string, points: readonly MarketPricePoint[]): string {
  if (points.length === 0) return `the price of ${model} has not moved yet\n`
  const values = points.map(({ price }) => Number(price))
  const scale = isLogarithmic(Math.min(...values), Math.max(...values)) ? ', logarithmic' : ''
  const drawn = plot(values, {
    width: PLOT_WIDTH,
    height: PLOT_HEIGHT,
    label: (value) => shorten(String(value)),
  })
  const rows = points.map((point) => [
    String(point.seq),
    formatTimeNs(BigInt(Math.floor(point.atMs)) * NS_PER_MS),
    point.cause,
    shorten(point.price),
    point.supply,
    String(point.demandTokens),
  ])
  const header = ['event', 'time', 'cause', 'price', 'tokens/s', 'tokens asked for']
  return `${model}, microcredits per 1M tokens${scale}\n\n${drawn}\n${formatTable([header, ...rows])}`
}

/** Prices are exact decimals of up to 18 places; people need six digits. */
function shorten(price: string): string {
  const value = Number(price)
  return price.length <= SHOWN_DIGITS + 1 ? price : String(Number(value.toPrecision(SHOWN_DIGITS)))
}

function priceToJson(price: MarketPrice): Readonly<Record<string, unknown>> {
  return {
    model: price.model,
    layers: price.layerCount,
    price: price.price,
    base_price: String(price.basePrice),
    multiplier: price.multiplier,
    supply_tokens_per_second: price.supply,
    demand_tokens: String(price.demandTokens),
    seq: String(price.seq),
  }
}

function pointToJson(point: MarketPricePoint): Readonly<Record<string, unknown>> {
  return {
    seq: String(point.seq),
    at_ms: point.atMs,
    cause: point.cause,
    price: point.price,
    supply_tokens_per_second: point.supply,
    demand_tokens: String(point.demandTokens),
  }
}

function toJson(value: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(value)}\n`
}
