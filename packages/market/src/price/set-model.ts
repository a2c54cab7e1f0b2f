import { sql } from 'kysely'
import type { PartyId } from '@shardline/identity'
import { checkOperator } from '../account/check-operator.ts'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { MarketInputError, MarketLimitError } from '../errors.ts'
import { BASE_PRICE_DEFAULT, BASE_PRICE_MAX, LAYERS_PER_MODEL_MAX } from '../limits.ts'
import type { ModelInit } from '../market.ts'
import { lockModel, storePrice } from './move-price.ts'
import type { LockedModel } from './move-price.ts'
import { cappedPrice, priceFromMicrocredits } from './price-rule.ts'
import type { ScaledPrice } from './price-rule.ts'
import type { ModelPrice } from './quote.ts'
import { toModelPrice } from './read-prices.ts'

/** Key of the lock under which models are added, so that their number stays within its limit: "models" in ASCII. */
const MODELS_LOCK = 0x6d_6f_64_65_6c_73

/**
 * Adds a model at its base price, or changes the base price of one. Its price then changes in the same proportion: what
 * demand and supply make of the base stays, and the price never lies below it. Whoever gives no base price leaves it.
 *
 * @throws MarketForbiddenError, MarketLimitError
 * @throws MarketInputError also for another number of layers: that's another model, and needs another id.
 */
export function setModel(context: MarketContext, who: PartyId, init: ModelInit): Promise<ModelPrice> {
  checkOperator(context, who, 'set models')
  checkModel(init)
  return inMarketTransaction(context, async (transaction) => {
    await sql`select pg_advisory_xact_lock(${MODELS_LOCK})`.execute(transaction)
    const isNew = await add(context, transaction, {
      ...init,
      basePrice: init.basePrice ?? BASE_PRICE_DEFAULT,
    })
    const before = await lockModel(context, transaction, init.model)
    const base = init.basePrice ?? before.base
    checkLayers(before, init)
    if (!isNew && before.base === base) return toModelPrice(before)
    await transaction
      .updateTable('market.models')
      .set({ base_price: base })
      .where('model', '=', init.model)
      .execute()
    const { demandTokens } = before
    const price = inProportion(before, base)
    await storePrice(context, transaction, { locked: before, cause: 'model-set', price, demandTokens })
    return toModelPrice(await lockModel(context, transaction, init.model))
  })
}

function checkModel({ basePrice, layerCount }: ModelInit): void {
  if (basePrice !== undefined && (basePrice < 1n || basePrice > BASE_PRICE_MAX)) {
    throw new MarketInputError('base price', String(basePrice), `from 1 to ${BASE_PRICE_MAX} microcredits`)
  }
  if (!(Number.isInteger(layerCount) && layerCount >= 1 && layerCount <= LAYERS_PER_MODEL_MAX)) {
    throw new MarketInputError('layer count', String(layerCount), `from 1 to ${LAYERS_PER_MODEL_MAX}`)
  }
}

function checkLayers({ layerCount }: LockedModel, init: ModelInit): void {
  if (init.layerCount === layerCount) return
  throw new MarketInputError('layer count', String(init.layerCount), `${layerCount}, as the model has it`)
}

/** Rounded down; not below the base, since the price isn't below the old one. */
function inProportion({ current, base }: LockedModel, newBase: bigint): ScaledPrice {
  return cappedPrice((current * newBase) / base)
}

async function add(
  { settings }: MarketContext,
  transaction: MarketTransaction,
  { model, layerCount, basePrice }: Required<ModelInit>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto('market.models')
    .values({
      model,
      layer_count: layerCount,
      base_price: basePrice,
      current_price: String(priceFromMicrocredits(basePrice)),
      price_seq: 0n,
      demand_tokens: 0n,
    })
    .onConflict((conflict) => conflict.column('model').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows !== 1n) return false
  const { count } = await transaction
    .selectFrom('market.models')
    .select(sql<bigint>`count(*)::bigint`.as('count'))
    .executeTakeFirstOrThrow()
  if (Number(count) > settings.modelsMax) {
    throw new MarketLimitError('models', Number(count), settings.modelsMax)
  }
  return true
}
