import type { PartyId } from '@shardline/identity'
import type { Selectable } from 'kysely'
import type { MarketTransaction } from '../database/transaction.ts'
import { FenceStaleError, MarketForbiddenError, MarketNotFoundError } from '../errors.ts'
import type { RequestId } from '../ids.ts'
import type { RequestsTable } from '../schema/requests-table.ts'
import type { FencedInit } from './inputs.ts'

/** A row of `market.requests`. */
export type RequestRow = Selectable<RequestsTable>

/**
 * Reads a request and locks its row until the transaction ends.
 *
 * @throws MarketNotFoundError
 */
export async function lockRequest(transaction: MarketTransaction, id: RequestId): Promise<RequestRow> {
  const row = await transaction
    .selectFrom('market.requests')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new MarketNotFoundError('request', id)
  return row
}

/** @throws MarketForbiddenError unless `who` is the user of the request. */
export function checkUser(row: RequestRow, who: PartyId, what: string): void {
  if (row.payer !== who) throw new MarketForbiddenError(what, "the request's user")
}

/** @throws MarketForbiddenError unless `who` is the driver of the request; FenceStaleError unless the fence is the current one. */
export function checkClaim(
  row: RequestRow,
  who: PartyId,
  { init, what }: { readonly init: FencedInit; readonly what: string },
): void {
  if (row.driver !== who) throw new MarketForbiddenError(what, "the request's driver")
  if (row.fence !== init.fence) throw new FenceStaleError(row.id, init.fence, row.fence)
}
