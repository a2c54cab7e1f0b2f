import { fromUnknown } from '@shardline/core'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction, marketTables } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { nowMs } from '../now-ms.ts'
import type { RequestRow } from '../request/request-row.ts'
import type { RequestState } from '../request/request-state.ts'
import { settleNow } from '../settlement/settle-request.ts'

/** Requests that wait for nobody but the time. */
export interface RequestSweep {
  /** For the log. */
  readonly name: string
  readonly states: readonly RequestState[]
  /** The time that is compared. */
  readonly column: 'created_at_ms' | 'deadline_ms' | 'lease_until_ms' | 'delivered_at_ms'
  /** Milliseconds after it at which a request is due. */
  readonly afterMs: number
  /** What is done with a request that's due, its row locked. */
  work(context: MarketContext, transaction: MarketTransaction, row: RequestRow): Promise<RequestRow>
}

/**
 * One round over the requests that are due, longest first; each in a transaction of its own, so that no two locks are
 * held that another replica could want in the other order. What another replica holds is skipped. A request that fails
 * is logged and doesn't keep the others waiting.
 */
export async function sweepRequests(
  context: MarketContext,
  sweep: RequestSweep,
): Promise<readonly RequestRow[]> {
  const untilMs = nowMs(context) - BigInt(sweep.afterMs)
  const due = await marketTables(context)
    .selectFrom('market.requests')
    .select('id')
    .where('state', 'in', sweep.states)
    .where(sweep.column, '<=', untilMs)
    .orderBy(sweep.column)
    .limit(context.settings.sweepBatchMax)
    .execute()
  const done: RequestRow[] = []
  for (const { id } of due) {
    try {
      const row = await sweepOne(context, sweep, { id, untilMs })
      if (row !== undefined) done.push(await settleNow(context, row))
    } catch (cause) {
      context.log.error('sweep-failed', { sweep: sweep.name, request: id, code: fromUnknown(cause).code })
    }
  }
  return done
}

function sweepOne(
  context: MarketContext,
  sweep: RequestSweep,
  { id, untilMs }: { readonly id: string; readonly untilMs: bigint },
): Promise<RequestRow | undefined> {
  return inMarketTransaction(context, async (transaction) => {
    const row = await transaction
      .selectFrom('market.requests')
      .selectAll()
      .where('id', '=', id)
      .where('state', 'in', sweep.states)
      .where(sweep.column, '<=', untilMs)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    return row === undefined ? undefined : sweep.work(context, transaction, row)
  })
}
