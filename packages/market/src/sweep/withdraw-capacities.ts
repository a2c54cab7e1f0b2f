import type { MarketContext } from '../context.ts'
import { inMarketTransaction, marketTables } from '../database/transaction.ts'
import type { ModelId } from '../ids.ts'
import { nowMs } from '../now-ms.ts'
import { lockModel, movePrice } from '../price/move-price.ts'

/**
 * Takes capacities off that were not reported again in time. They count as supply no longer since then; here each of
 * them that counted moves its model's price, once. Gives how many are gone.
 */
export async function withdrawCapacities(context: MarketContext): Promise<number> {
  const expired = await marketTables(context)
    .selectFrom('market.capacities')
    .select(['model', 'driver'])
    .where('expires_at_ms', '<=', nowMs(context))
    .orderBy('expires_at_ms')
    .limit(context.settings.sweepBatchMax)
    .execute()
  let gone = 0
  for (const { model, driver } of expired) {
    if (await withdraw(context, { model: model as ModelId, driver })) gone++
  }
  return gone
}

function withdraw(
  context: MarketContext,
  { model, driver }: { readonly model: ModelId; readonly driver: string },
): Promise<boolean> {
  return inMarketTransaction(context, async (transaction) => {
    const locked = await lockModel(context, transaction, model)
    const gone = await transaction
      .deleteFrom('market.capacities')
      .where('model', '=', model)
      .where('driver', '=', driver)
      .where('expires_at_ms', '<=', nowMs(context))
      .returning('effective_mtps')
      .executeTakeFirst()
    if (gone === undefined) return false
    if (gone.effective_mtps === 0n) return true
    await movePrice(context, transaction, { locked, move: { cause: 'capacity-withdrawn', demandDelta: 0n } })
    return true
  })
}
