import type { PartyId } from '@shardline/identity'
import { sqlArray } from '@shardline/ledger'
import type { RawBuilder } from 'kysely'
import type { MarketContext } from '../context.ts'
import { checkSealingKey } from '../driver-keys/check-sealing-key.ts'
import { logDriverKey } from '../driver-keys/log-driver-key.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import { nowMs } from '../now-ms.ts'
import { checkNode } from './check-node.ts'
import type { NodeInit } from './listing.ts'

/**
 * Puts a node on the market, or changes what it says about itself. What is known of it by its work stays. A driver's
 * new key goes into the log of driver keys in the same transaction.
 *
 * @throws MarketInputError; DriverKeyRefusedError if the log doesn't take the key.
 */
export async function registerNode(context: MarketContext, who: PartyId, init: NodeInit): Promise<void> {
  checkNode(init)
  const { sealingKey, work } = init
  if (sealingKey !== undefined) await checkSealingKey(context, who, init)
  const said = {
    roles: sqlArray('text', [...new Set(init.roles)]) as RawBuilder<readonly string[]>,
    address: init.address ?? null,
    region: init.region ?? null,
    seen_at_ms: nowMs(context),
    numeric_class: work?.numericClass ?? null,
    memory_bytes: work === undefined ? null : BigInt(Math.floor(work.memoryBytes)),
    decode_ms: work?.decodeMs ?? null,
    price_floor: init.priceFloor ?? null,
  }
  await inMarketTransaction(context, async (transaction) => {
    await transaction
      .insertInto('market.nodes')
      .values({ node: who, registered_at_ms: nowMs(context), ...said })
      .onConflict((conflict) => conflict.column('node').doUpdateSet(said))
      .execute()
    if (sealingKey !== undefined) await logDriverKey(context, transaction, sealingKey)
  })
}
