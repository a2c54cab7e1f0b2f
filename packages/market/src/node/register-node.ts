import type { PartyId } from '@shardline/identity'
import { sqlArray } from '@shardline/ledger'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import { nowMs } from '../now-ms.ts'
import { checkNode } from './check-node.ts'
import type { NodeInit } from './listing.ts'
import { readSealingKey } from './read-sealing-key.ts'

/**
 * Puts a node on the market, or changes what it says about itself. What is known of it by its work stays.
 *
 * @throws MarketInputError
 */
export async function registerNode(context: MarketContext, who: PartyId, init: NodeInit): Promise<void> {
  checkNode(init)
  const sealingKey = init.sealingKey === undefined ? null : await readSealingKey(who, init.sealingKey)
  const said = {
    roles: sqlArray('text', [...new Set(init.roles)]) as RawBuilder<readonly string[]>,
    address: init.address ?? null,
    region: init.region ?? null,
    sealing_key: sealingKey === null ? null : sql`${JSON.stringify(sealingKey)}::jsonb`,
  }
  await inMarketTransaction(context, async (transaction) => {
    await transaction
      .insertInto('market.nodes')
      .values({ node: who, registered_at_ms: nowMs(context), ...said })
      .onConflict((conflict) => conflict.column('node').doUpdateSet(said))
      .execute()
  })
}
