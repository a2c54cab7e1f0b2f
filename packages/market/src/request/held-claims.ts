import type { PartyId } from '@shardline/identity'
import { assert } from '@shardline/core'
import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import type { ModelId, RequestId } from '../ids.ts'
import type { HeldClaim } from './inputs.ts'

/**
 * The claims that a driver holds, the oldest first, at most a page of them. A driver that starts anew knows nothing of
 * what it held: it reads it here, and releases it under the fences that it finds. So a message that comes late names a
 * claim that is over, and can't end a newer one.
 */
export async function heldClaims(context: MarketContext, who: PartyId): Promise<readonly HeldClaim[]> {
  const rows = await marketTables(context)
    .selectFrom('market.requests')
    .select(['id', 'model', 'fence', 'lease_until_ms'])
    .where('driver', '=', who)
    .where('state', 'in', ['CLAIMED', 'RUNNING'])
    .orderBy('claimed_at_ms')
    .orderBy('id')
    .limit(context.settings.pageItemsMax)
    .execute()
  return rows.map(({ id, model, fence, lease_until_ms }) => {
    assert(lease_until_ms !== null, 'a claimed request has a lease', { id })
    return { id: id as RequestId, model: model as ModelId, fence, leaseUntilMs: Number(lease_until_ms) }
  })
}
