import type { PartyId } from '@shardline/identity'
import { sql } from 'kysely'
import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { NODES_READ_MAX } from '../limits.ts'
import { nowMs } from '../now-ms.ts'
import { reputationOf } from '../reputation/read-reputation.ts'
import type { NodesTable } from '../schema/nodes-table.ts'
import type { NodeListing, Role } from './listing.ts'

/**
 * Nodes of a role that can be dialed and have said so lately, those first that completed most: drivers choose the stages of
 * their pipelines from them.
 */
export async function listNodes(context: MarketContext, role: Role): Promise<readonly NodeListing[]> {
  const { nodeMsMax, pageItemsMax } = context.settings
  const rows = await marketTables(context)
    .selectFrom('market.nodes')
    .selectAll()
    .where(sql<boolean>`${role} = any(roles)`)
    .where('address', 'is not', null)
    .where('seen_at_ms', '>', nowMs(context) - BigInt(nodeMsMax))
    .orderBy('completed', 'desc')
    .orderBy('registered_at_ms')
    .orderBy('node')
    .limit(Math.min(NODES_READ_MAX, pageItemsMax))
    .execute()
  return rows.map((row) => ({
    node: row.node as PartyId,
    roles: row.roles as readonly Role[],
    address: row.address ?? '',
    region: row.region ?? undefined,
    work: workOf(row),
    priceFloor: row.price_floor ?? undefined,
    reputation: reputationOf(row),
  }))
}

function workOf(row: Pick<NodesTable, 'numeric_class' | 'memory_bytes' | 'decode_ms'>): NodeListing['work'] {
  const { numeric_class: numericClass, memory_bytes: memoryBytes, decode_ms: decodeMs } = row
  if (numericClass === null || memoryBytes === null || decodeMs === null) return undefined
  return { numericClass, memoryBytes: Number(memoryBytes), decodeMs }
}
