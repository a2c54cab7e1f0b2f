import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { settleNow } from '../settlement/settle-request.ts'

/**
 * Settles ended requests that are still due: their market died in between, or the ledger could not be reached. All at
 * once, so that the ledger can take them in few transactions. Gives how many are settled now.
 */
export async function settleDue(context: MarketContext): Promise<number> {
  const due = await marketTables(context)
    .selectFrom('market.requests')
    .selectAll()
    .where('settlement', '=', 'due')
    .orderBy('ended_at_ms')
    .limit(context.settings.sweepBatchMax)
    .execute()
  const rows = await Promise.all(due.map((row) => settleNow(context, row)))
  return rows.filter(({ settlement }) => settlement === 'done').length
}
