import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { MarketContext } from '../context.ts'
import { MarketNotFoundError } from '../errors.ts'
import type { ModelId } from '../ids.ts'
import { nowMs } from '../now-ms.ts'
import type { MarketTables } from '../schema/market-tables.ts'
import { formatDecimal } from './fixed-point.ts'
import type { LockedModel } from './move-price.ts'
import { explainPrice, formatPrice, priceFromMicrocredits } from './price-rule.ts'
import type { MarketState, ScaledPrice } from './price-rule.ts'
import type { ModelPrice } from './quote.ts'

/** Prices of all models, or of one, by their ids. */
export async function readAllPrices(
  context: Pick<MarketContext, 'clock'>,
  tables: Kysely<MarketTables>,
  model?: ModelId,
): Promise<readonly LockedModel[]> {
  let query = tables
    .selectFrom('market.models as model')
    .leftJoin('market.capacities as capacity', (join) =>
      join.onRef('capacity.model', '=', 'model.model').on('capacity.expires_at_ms', '>', nowMs(context)),
    )
    .selectAll('model')
    .select(sql<bigint>`coalesce(sum(capacity.effective_mtps), 0)::bigint`.as('supply'))
    .groupBy('model.model')
    .orderBy('model.model')
  if (model !== undefined) query = query.where('model.model', '=', model)
  const rows = await query.execute()
  return rows.map((row) => ({
    model: row.model as ModelId,
    layerCount: row.layer_count,
    base: row.base_price,
    current: BigInt(row.current_price) as ScaledPrice,
    seq: row.price_seq,
    demandTokens: row.demand_tokens,
    supplyTps: row.supply,
  }))
}

/** @throws MarketNotFoundError if there is no such model. */
export async function readPrice(
  context: Pick<MarketContext, 'clock'>,
  tables: Kysely<MarketTables>,
  model: ModelId,
): Promise<LockedModel> {
  const [found] = await readAllPrices(context, tables, model)
  if (found === undefined) throw new MarketNotFoundError('model', model)
  return found
}

/** What the price rule takes. */
export function stateOf(model: LockedModel): MarketState {
  const { current, supplyTps, demandTokens } = model
  return { current, base: priceFromMicrocredits(model.base), supplyTps, demandTokens }
}

/** A model's price as everyone may see it. */
export function toModelPrice(model: LockedModel): ModelPrice {
  return {
    model: model.model,
    layerCount: model.layerCount,
    basePrice: model.base,
    price: formatPrice(model.current),
    multiplier: explainPrice(stateOf(model)).multiplier,
    supply: formatSupply(model.supplyTps),
    demandTokens: model.demandTokens,
    seq: model.seq,
  }
}

/** Thousandths of a token per second as a decimal of tokens per second. */
export function formatSupply(supplyTps: bigint): string {
  return formatDecimal(supplyTps, 3)
}
