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
  return shownOf([own, ...rows])
}

/**
 * What other drivers have shown since a request's price was locked, beyond what they counted with then: capacity that
 * was hidden. Thousandths of a token per second.
 *
 * What each of them counted with isn't recorded, so it's the larger of two lower bounds: driver by driver, against what
 * it counts with now if it was there at the lock, and nothing if it wasn't; and all together, against what all of them
 * counted with at the lock, which finds those that gave a low word then and a higher one since.
 */
export async function readHiddenElsewhere(transaction: MarketTransaction, row: RequestRow): Promise<bigint> {
  const rows = await servedBeside(transaction, row)
    .where('driver', '<>', row.driver)
    .where('demand_to_seq', '>', row.lock_seq)
    .execute()
  if (rows.length === 0) return 0n
  const shown = [...new Set(rows.map((served) => served.driver))].map((driver) => ({
    driver,
    mtps: shownOf(rows.filter((served) => served.driver === driver)),
  }))
  const counted = await readCounted(transaction, row)
  const one = sum(shown.map(({ driver, mtps }) => atLeastNothing(mtps - (counted.get(driver) ?? 0n))))
  const all = sum(shown.map(({ mtps }) => mtps)) - (row.lock_supply_mtps - row.lock_driver_mtps)
  return one > all ? one : all
}

/** What the drivers count with that were there when a request was opened. */
async function readCounted(
  transaction: MarketTransaction,
  row: RequestRow,
): Promise<ReadonlyMap<string, bigint>> {
  const rows = await transaction
    .selectFrom('market.capacities')
    .select(['driver', 'effective_mtps'])
    .where('model', '=', row.model)
    .where('since_ms', '<=', row.created_at_ms)
    .execute()
  return new Map(rows.map(({ driver, effective_mtps }) => [driver, effective_mtps]))
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)
const atLeastNothing = (amount: bigint): bigint => (amount > 0n ? amount : 0n)

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

function shownOf(rows: readonly ServedRow[]): bigint {
  return shownThroughput(rows.map((row) => intervalOf(row))) ?? 0n
}

function intervalOf({ claimed_at_ms, delivered_at_ms, tokens }: ServedRow): ServedInterval {
  return { startMs: Number(claimed_at_ms ?? 0n), endMs: Number(delivered_at_ms ?? 0n), tokens }
}
