import type { PartyId } from '@shardline/identity'
import { sql } from 'kysely'
import type { MarketTransaction } from '../database/transaction.ts'
import { readParticipants } from '../request/participants.ts'
import type { RequestRow } from '../request/request-row.ts'

/** What is counted of a node. */
export type WorkCount = 'completed' | 'failed' | 'flagged' | 'compared' | 'preferred'

/** Everyone who took part in answering a request, each once. */
export function partiesOf(row: RequestRow): readonly PartyId[] {
  const participants = readParticipants(row.participants)
  const workers = participants?.workers.map(({ node }) => node) ?? []
  const validators = participants === undefined ? [] : [participants.validator]
  return [...new Set([row.driver as PartyId, ...workers, ...validators])]
}

/** Counts one for everyone who took part in a completed request: they all signed for it. */
export function countCompleted(transaction: MarketTransaction, row: RequestRow): Promise<void> {
  return countWork(transaction, partiesOf(row), 'completed')
}

/** Counts one failure for a request's driver. */
export function countFailed(transaction: MarketTransaction, row: RequestRow): Promise<void> {
  return countWork(transaction, [row.driver as PartyId], 'failed')
}

/**
 * Adds one to a count of nodes. Their rows are locked in the order of their ids first, so that two requests with the
 * same nodes never wait for each other; nodes that never registered have no counts.
 */
export async function countWork(
  transaction: MarketTransaction,
  nodes: readonly PartyId[],
  count: WorkCount,
): Promise<void> {
  await transaction
    .selectFrom('market.nodes')
    .select('node')
    .where('node', 'in', nodes)
    .orderBy('node')
    .forNoKeyUpdate()
    .execute()
  await transaction
    .updateTable('market.nodes')
    .set({ [count]: sql<bigint>`${sql.ref(count)} + 1` })
    .where('node', 'in', nodes)
    .execute()
}
