import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { MarketInputError } from '../errors.ts'
import type { ModelId } from '../ids.ts'
import { formatPrice } from './price-rule.ts'
import type { ScaledPrice } from './price-rule.ts'
import type { PriceCause, PricePoint } from './quote.ts'
import { formatSupply, readPrice } from './read-prices.ts'

/** A page of {@link priceHistory}. */
export interface HistoryPage {
  /** Points before this one. @default the newest */
  readonly beforeSeq?: bigint
  /** @default the most that a page may have */
  readonly limit?: number
}

/**
 * Points of a model's price, newest first.
 *
 * @throws MarketNotFoundError if there is no such model; MarketInputError for a page that is too long.
 */
export async function priceHistory(
  context: MarketContext,
  model: ModelId,
  page: HistoryPage = {},
): Promise<readonly PricePoint[]> {
  const { pageItemsMax } = context.settings
  const limit = page.limit ?? pageItemsMax
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= pageItemsMax)) {
    throw new MarketInputError('limit', String(limit), `from 1 to ${pageItemsMax}`)
  }
  const tables = marketTables(context)
  await readPrice(context, tables, model)
  let query = tables.selectFrom('market.price_points').selectAll().where('model', '=', model)
  if (page.beforeSeq !== undefined) query = query.where('seq', '<', page.beforeSeq)
  const rows = await query.orderBy('seq', 'desc').limit(limit).execute()
  return rows.map((row) => ({
    model,
    seq: row.seq,
    atMs: Number(row.at_ms),
    cause: row.cause as PriceCause,
    price: formatPrice(BigInt(row.price) as ScaledPrice),
    supply: formatSupply(row.supply_mtps),
    demandTokens: row.demand_tokens,
  }))
}
