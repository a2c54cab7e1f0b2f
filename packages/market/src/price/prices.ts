import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import type { ModelPrice } from './quote.ts'
import { readAllPrices, toModelPrice } from './read-prices.ts'

/** All models and what they cost now, by their ids. */
export async function prices(context: MarketContext): Promise<readonly ModelPrice[]> {
  return (await readAllPrices(context, marketTables(context))).map((model) => toModelPrice(model))
}
