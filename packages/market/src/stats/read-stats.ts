import { sql } from 'kysely'
import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { REQUEST_STATES } from '../request/request-state.ts'
import type { RequestState } from '../request/request-state.ts'
import type { MarketStats } from './market-stats.ts'

/**
 * Counts what is on the market. Final requests are counted too, so its cost grows with them: ask about once a scrape.
 *
 * @throws DatabaseUnavailableError
 */
export async function readStats(context: Pick<MarketContext, 'database' | 'clock'>): Promise<MarketStats> {
  const tables = marketTables(context)
  const nowMs = BigInt(Math.floor(context.clock.now()))
  const counted = await tables
    .selectFrom('market.requests')
    .select(['state', sql<bigint>`count(*)::bigint`.as('count')])
    .groupBy('state')
    .execute()
  const { drivers } = await tables
    .selectFrom('market.capacities')
    .select(sql<bigint>`count(distinct driver)::bigint`.as('drivers'))
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirstOrThrow()
  const due = await tables
    .selectFrom('market.requests')
    .select([
      sql<bigint>`count(*)::bigint`.as('count'),
      sql<bigint | null>`min(ended_at_ms)::bigint`.as('oldest'),
    ])
    .where('settlement', '=', 'due')
    .executeTakeFirstOrThrow()
  const byState = new Map(counted.map(({ state, count }) => [state, Number(count)]))
  return {
    requests: Object.fromEntries(REQUEST_STATES.map((state) => [state, byState.get(state) ?? 0])) as Record<
      RequestState,
      number
    >,
    drivers: Number(drivers),
    settlementsDue: Number(due.count),
    settlementLagMs: due.oldest === null ? 0 : Math.max(0, Number(nowMs - due.oldest)),
  }
}
