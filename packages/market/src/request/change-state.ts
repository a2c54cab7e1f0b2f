import type { PartyId } from '@shardline/identity'
import type { Updateable } from 'kysely'
import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { RequestStateError } from '../errors.ts'
import { publish } from '../events/publish.ts'
import type { ModelId, RequestId } from '../ids.ts'
import { lockModel, movePrice } from '../price/move-price.ts'
import type { PriceCause } from '../price/quote.ts'
import type { RequestsTable } from '../schema/requests-table.ts'
import type { EndReason } from './request.ts'
import type { RequestRow } from './request-row.ts'
import { isDemand, isFinal, nextState } from './request-state.ts'
import type { RequestEvent, RequestState } from './request-state.ts'

/** Which events move the price when they change the demand. */
const CAUSES: Readonly<Partial<Record<RequestEvent, PriceCause>>> = {
  submit: 'submitted',
  deliver: 'completed',
  cancel: 'cancelled',
  expire: 'expired',
  'give-up': 'failed',
  fail: 'failed',
}

/** What {@link changeState} does to a request. */
export interface StateChange {
  readonly event: RequestEvent
  /** For events that end the request. */
  readonly reason?: EndReason
  /** Further columns. */
  readonly set?: Updateable<RequestsTable>
}

/**
 * Lets an event happen to a request whose row is locked: checks it against the table of transitions, writes the new
 * state, moves demand and price with it, deletes the ciphertext of an ended request, and tells everyone.
 *
 * @throws RequestStateError if the event can't happen in the request's state.
 */
export async function changeState(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, change }: { readonly row: RequestRow; readonly change: StateChange },
): Promise<RequestRow> {
  const before = row.state as RequestState
  const after = nextState(before, change.event)
  if (after === undefined) throw new RequestStateError(row.id, before, change.event)
  const demand = await moveDemand(context, transaction, { row, before, after, event: change.event })
  const changed = await transaction
    .updateTable('market.requests')
    .set({
      ...change.set,
      ...demand,
      state: after,
      ...(isFinal(after)
        ? { end_reason: change.reason ?? null, ended_at_ms: BigInt(Math.floor(context.clock.now())) }
        : {}),
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  if (isFinal(after)) {
    await transaction.deleteFrom('market.sealed_prompts').where('request', '=', row.id).execute()
  }
  if (after !== before || isFinal(after)) await publishRequest(transaction, changed)
  return changed
}

/** Tells everyone how a request stands. */
export async function publishRequest(transaction: MarketTransaction, row: RequestRow): Promise<void> {
  await publish(transaction, {
    type: 'request',
    request: row.id as RequestId,
    state: row.state as RequestState,
    user: row.payer as PartyId,
    driver: row.driver as PartyId,
    fence: row.fence,
    isSettled: row.settlement === 'done',
  })
}

interface DemandMove {
  readonly row: RequestRow
  readonly before: RequestState
  readonly after: RequestState
  readonly event: RequestEvent
}

async function moveDemand(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, before, after, event }: DemandMove,
): Promise<Updateable<RequestsTable>> {
  const cause = CAUSES[event]
  const change = Number(isDemand(after)) - Number(isDemand(before))
  if (change === 0 || cause === undefined) return {}
  const locked = await lockModel(context, transaction, row.model as ModelId)
  const demandDelta = BigInt(change * row.output_tokens_max)
  const seq = await movePrice(context, transaction, { locked, move: { cause, demandDelta } })
  return change > 0 ? { demand_from_seq: seq } : { demand_to_seq: seq }
}
