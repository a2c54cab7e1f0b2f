import { sql } from 'kysely'
import type { SelectQueryBuilder } from 'kysely'
import { shownThroughput } from '../capacity/throughput.ts'
import type { ServedInterval } from '../capacity/throughput.ts'
import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { SERVED_REQUESTS_READ_MAX } from '../limits.ts'
import { nowMs } from '../now-ms.ts'
import type { RequestRow } from '../request/request-row.ts'
import type { MarketTables } from '../schema/market-tables.ts'

/**
 * What a delivered request's driver has shown that it can do with that model, this request included: since this one was
 * opened, and through the window that shows what a driver can do. Thousandths of a token per second.
 */
export async function readShown(
  context: MarketContext,
  transaction: MarketTransaction,
  row: RequestRow,
): Promise<bigint> {
  const window = nowMs(context) - BigInt(context.settings.shownWindowMs)
  const rows = await servedBeside(transaction, row)
    .where('driver', '=', row.driver)
    .where('delivered_at_ms', '>=', window < row.created_at_ms ? window : row.created_at_ms)
    .execute()
  const own: ServedRow = {
    driver: row.driver,
    claimed_at_ms: row.claimed_at_ms,
    delivered_at_ms: row.delivered_at_ms,
    tokens: Math.min(row.delivered_output, row.acknowledged_output),
  }
  return shownThroughput([own, ...rows].map((served) => intervalOf(served))) ?? 0n
}

/**
 * What other drivers have shown since a request's price was locked, beyond what they count with: capacity that was
 * hidden then. A driver that came after the lock, or has left by now, counted with nothing. Thousandths of a token per
 * second.
 */
export async function readHiddenElsewhere(transaction: MarketTransaction, row: RequestRow): Promise<bigint> {
  const rows = await servedBeside(transaction, row)
    .where('driver', '<>', row.driver)
    .where('demand_to_seq', '>', row.lock_seq)
    .execute()
  if (rows.length === 0) return 0n
  const counted = await transaction
    .selectFrom('market.capacities')
    .select(['driver', 'effective_mtps'])
    .where('model', '=', row.model)
    .where('since_ms', '<=', row.created_at_ms)
    .execute()
  const countedBy = new Map(counted.map(({ driver, effective_mtps }) => [driver, effective_mtps]))
  let hidden = 0n
  for (const driver of new Set(rows.map((served) => served.driver))) {
    const intervals = rows.filter((served) => served.driver === driver).map((served) => intervalOf(served))
    const beyond = (shownThroughput(intervals) ?? 0n) - (countedBy.get(driver) ?? 0n)
    if (beyond > 0n) hidden += beyond
  }
  return hidden
}

interface ServedRow {
  readonly driver: string
  readonly claimed_at_ms: bigint | null
  readonly delivered_at_ms: bigint | null
  readonly tokens: number
}

/** Other requests of the same model that were delivered and billed, newest first. */
function servedBeside(
  transaction: MarketTransaction,
  row: RequestRow,
): SelectQueryBuilder<MarketTables, 'market.requests', ServedRow> {
  return transaction
    .selectFrom('market.requests')
    .select(['driver', 'claimed_at_ms', 'delivered_at_ms'])
    .select(sql<number>`(settlement_plan->>'outputTokens')::integer`.as('tokens'))
    .where('model', '=', row.model)
    .where('delivered_at_ms', 'is not', null)
    .where('settlement_plan', 'is not', null)
    .where('id', '<>', row.id)
    .orderBy('delivered_at_ms', 'desc')
    .limit(SERVED_REQUESTS_READ_MAX)
}

function intervalOf({ claimed_at_ms, delivered_at_ms, tokens }: ServedRow): ServedInterval {
  return { startMs: Number(claimed_at_ms ?? 0n), endMs: Number(delivered_at_ms ?? 0n), tokens }
}
