import type { PartyId } from '@shardline/identity'
import { sqlArray } from '@shardline/ledger'
import type { RawBuilder } from 'kysely'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction, marketTables } from '../database/transaction.ts'
import type { ModelId } from '../ids.ts'
import { withdrawCapacity } from './withdraw-capacity.ts'

/**
 * Takes a node and its capacities off the market. What is known of it by its work stays, so that nobody loses a bad
 * name by leaving for a moment. A node that isn't there is no error.
 */
export async function withdrawNode(context: MarketContext, who: PartyId): Promise<void> {
  // First the roles: from then on it can't report a capacity that would stay behind.
  await inMarketTransaction(context, async (transaction) => {
    await transaction
      .updateTable('market.nodes')
      .set({
        roles: sqlArray('text', []) as RawBuilder<readonly string[]>,
        address: null,
        region: null,
      })
      .where('node', '=', who)
      .execute()
  })
  const capacities = await marketTables(context)
    .selectFrom('market.capacities')
    .select('model')
    .where('driver', '=', who)
    .orderBy('model')
    .execute()
  for (const { model } of capacities) await withdrawCapacity(context, who, model as ModelId)
}
