import type { PartyId } from '@shardline/identity'
import type { Kysely } from 'kysely'
import type { MarketTables } from '../schema/market-tables.ts'
import type { Reputation } from '../node/listing.ts'
import { betaPercentile05, preferenceShown } from './rank.ts'

/**
 * What is known of nodes by their work; of one that never registered: nothing. An answer is a success unless its user
 * flagged it, a request that failed in a driver's hands is a failure.
 */
export async function readReputation(
  database: Kysely<MarketTables>,
  nodes: readonly PartyId[],
): Promise<ReadonlyMap<PartyId, Reputation>> {
  const found = new Map<PartyId, Reputation>(nodes.map((node) => [node, reputationOf(NOTHING)]))
  if (nodes.length === 0) return found
  const rows = await database
    .selectFrom('market.nodes')
    .select(['node', 'completed', 'failed', 'flagged', 'compared', 'preferred'])
    .where('node', 'in', nodes)
    .execute()
  for (const row of rows) found.set(row.node as PartyId, reputationOf(row))
  return found
}

interface WorkCounts {
  readonly completed: bigint
  readonly failed: bigint
  readonly flagged: bigint
  readonly compared: bigint
  readonly preferred: bigint
}

const NOTHING: WorkCounts = { completed: 0n, failed: 0n, flagged: 0n, compared: 0n, preferred: 0n }

/** A node's counts as everyone may see them. */
export function reputationOf(counts: WorkCounts): Reputation {
  const completed = Number(counts.completed)
  const failed = Number(counts.failed)
  const flagged = Number(counts.flagged)
  return {
    completed,
    failed,
    flagged,
    score: betaPercentile05(completed - flagged, failed + flagged),
    preference: preferenceShown({
      compared: Number(counts.compared),
      preferred: Number(counts.preferred),
    }),
  }
}
