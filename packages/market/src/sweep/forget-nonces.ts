import { sql } from 'kysely'
import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { NONCES_FORGOTTEN_MAX } from '../limits.ts'
import { nowMs } from '../now-ms.ts'

/** Forgets nonces whose message would be refused for its age by now. */
export async function forgetNonces(context: MarketContext): Promise<void> {
  await sql`
    delete from market.nonces where (signer, nonce) in (
      select signer, nonce from market.nonces where until_ms < ${nowMs(context)}
      order by until_ms limit ${NONCES_FORGOTTEN_MAX} for update skip locked
    )`.execute(marketTables(context))
}
