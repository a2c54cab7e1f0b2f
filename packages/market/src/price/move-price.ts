import { sql } from 'kysely'
import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { MarketNotFoundError } from '../errors.ts'
import { publish } from '../events/publish.ts'
import type { ModelId } from '../ids.ts'
import { formatPrice, nextPrice, priceFromMicrocredits } from './price-rule.ts'
import type { ScaledPrice } from './price-rule.ts'
import type { PriceCause } from './quote.ts'

/** A model's price state, its row locked until the transaction ends. */
export interface LockedModel {
  readonly model: ModelId
  readonly layerCount: number
  readonly base: bigint
  readonly current: ScaledPrice
  readonly seq: bigint
  readonly demandTokens: bigint
  /** Thousandths of a token per second, of the capacities that are live now. */
  readonly supplyTps: bigint
}

/**
 * Locks a model's row and reads its price, demand and live supply.
 *
 * @throws MarketNotFoundError
 */
export async function lockModel(
  context: MarketContext,
  transaction: MarketTransaction,
  model: ModelId,
): Promise<LockedModel> {
  const row = await transaction
    .selectFrom('market.models')
    .selectAll()
    .where('model', '=', model)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new MarketNotFoundError('model', model)
  const { supply } = await transaction
    .selectFrom('market.capacities')
    .select(sql<bigint>`coalesce(sum(effective_mtps), 0)::bigint`.as('supply'))
    .where('model', '=', model)
    .where('expires_at_ms', '>', BigInt(Math.floor(context.clock.now())))
    .executeTakeFirstOrThrow()
  return {
    model,
    layerCount: row.layer_count,
    base: row.base_price,
    current: BigInt(row.current_price) as ScaledPrice,
    seq: row.price_seq,
    demandTokens: row.demand_tokens,
    supplyTps: supply,
  }
}

/** An event that moves a model's price. */
export interface PriceMove {
  readonly cause: PriceCause
  /** Tokens that the event adds to the demand, or takes from it. */
  readonly demandDelta: bigint
}

/** Moves a locked model's price by one event, stores the point, and tells everyone. Gives the point's number. */
export async function movePrice(
  context: MarketContext,
  transaction: MarketTransaction,
  { locked, move }: { readonly locked: LockedModel; readonly move: PriceMove },
): Promise<bigint> {
  const demandTokens = locked.demandTokens + move.demandDelta
  const price = nextPrice({ ...locked, base: priceFromMicrocredits(locked.base), demandTokens })
  return storePrice(context, transaction, { locked, cause: move.cause, price, demandTokens })
}

/** A price to store. */
export interface PriceChange {
  readonly locked: LockedModel
  readonly cause: PriceCause
  readonly price: ScaledPrice
  readonly demandTokens: bigint
}

/** Stores a locked model's price and its next point, and tells everyone. Gives the point's number. */
export async function storePrice(
  context: MarketContext,
  transaction: MarketTransaction,
  { locked, cause, price, demandTokens }: PriceChange,
): Promise<bigint> {
  const seq = locked.seq + 1n
  await transaction
    .updateTable('market.models')
    .set({ current_price: String(price), price_seq: seq, demand_tokens: demandTokens })
    .where('model', '=', locked.model)
    .execute()
  await transaction
    .insertInto('market.price_points')
    .values({
      model: locked.model,
      seq,
      at_ms: BigInt(Math.floor(context.clock.now())),
      cause,
      price: String(price),
      supply_mtps: locked.supplyTps,
      demand_tokens: demandTokens,
    })
    .execute()
  await publish(transaction, { type: 'price', model: locked.model, seq, price: formatPrice(price) })
  return seq
}
