import { sql } from 'kysely'
import type { MarketTransaction } from '../database/transaction.ts'
import type { MarketEvent } from './market-events.ts'

/** The channel on which replicas tell each other what happened. */
export const EVENTS_CHANNEL = 'shardline_market'

/** Tells every replica of an event when, and only if, the transaction commits. */
export async function publish(transaction: MarketTransaction, event: MarketEvent): Promise<void> {
  const payload = JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  await sql`select pg_notify(${EVENTS_CHANNEL}, ${payload})`.execute(transaction)
}
