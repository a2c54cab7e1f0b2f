import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { MarketInputError, MarketNotFoundError } from '../errors.ts'
import type { RequestId } from '../ids.ts'
import { partiesOf } from '../reputation/update-reputation.ts'
import type { RequestRow } from './request-row.ts'
import type { Request } from './request.ts'
import { toRequest } from './to-request.ts'

/**
 * A request, to its user and to those who work on it; to everyone else it's as if there were none.
 *
 * @throws MarketNotFoundError
 */
export async function readRequest(context: MarketContext, who: PartyId, id: RequestId): Promise<Request> {
  return toRequest(await readRow(context, who, id))
}

/** The row of a request, for one of its parties. @throws MarketNotFoundError */
export async function readRow(context: MarketContext, who: PartyId, id: RequestId): Promise<RequestRow> {
  const row = await findRow(context, id)
  if (row === undefined || (row.payer !== who && !partiesOf(row).includes(who))) {
    throw new MarketNotFoundError('request', id)
  }
  return row
}

function findRow(context: MarketContext, id: RequestId): Promise<RequestRow | undefined> {
  return marketTables(context)
    .selectFrom('market.requests')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
}

/** A page of {@link listRequests}. */
export interface RequestsPage {
  /** Requests that were opened before this one. @default the newest */
  readonly before?: RequestId
  /** @default the most that a page may have */
  readonly limit?: number
}

/**
 * A user's own requests, newest first.
 *
 * @throws MarketInputError for a page that is too long; MarketNotFoundError if `before` is none of its requests.
 */
export async function listRequests(
  context: MarketContext,
  who: PartyId,
  page: RequestsPage = {},
): Promise<readonly Request[]> {
  const { pageItemsMax } = context.settings
  const limit = page.limit ?? pageItemsMax
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= pageItemsMax)) {
    throw new MarketInputError('limit', String(limit), `from 1 to ${pageItemsMax}`)
  }
  let query = marketTables(context).selectFrom('market.requests').selectAll().where('payer', '=', who)
  if (page.before !== undefined) {
    const last = await findRow(context, page.before)
    if (last === undefined || last.payer !== who) throw new MarketNotFoundError('request', page.before)
    const { created_at_ms, id } = last
    query = query.where((is) =>
      is.or([
        is.eb('created_at_ms', '<', created_at_ms),
        is.and([is.eb('created_at_ms', '=', created_at_ms), is.eb('id', '>', id)]),
      ]),
    )
  }
  const rows = await query.orderBy('created_at_ms', 'desc').orderBy('id').limit(limit).execute()
  return rows.map((row) => toRequest(row))
}
