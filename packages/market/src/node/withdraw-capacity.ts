import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { ModelId } from '../ids.ts'
import { lockModel, movePrice } from '../price/move-price.ts'

/**
 * Takes a driver's capacity for one model off the market; its price moves if it counted. One that isn't there is no
 * error.
 *
 * @throws MarketNotFoundError if there is no such model.
 */
export async function withdrawCapacity(context: MarketContext, who: PartyId, model: ModelId): Promise<void> {
  await inMarketTransaction(context, async (transaction) => {
    await lockModel(context, transaction, model)
    const gone = await transaction
      .deleteFrom('market.capacities')
      .where('model', '=', model)
      .where('driver', '=', who)
      .returning('effective_mtps')
      .executeTakeFirst()
    if (gone === undefined || gone.effective_mtps === 0n) return
    const locked = await lockModel(context, transaction, model)
    await movePrice(context, transaction, { locked, move: { cause: 'capacity-withdrawn', demandDelta: 0n } })
  })
}
