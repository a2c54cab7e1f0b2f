import { MarketInputError, RequestStateError } from '../errors.ts'
import type { RequestRow } from './request-row.ts'
import { nextState } from './request-state.ts'
import type { RequestEvent, RequestState } from './request-state.ts'
import type { TokenCounts } from './request.ts'

/** @throws RequestStateError if the event can't happen in the request's state. */
export function checkEvent(row: RequestRow, event: RequestEvent): void {
  const state = row.state as RequestState
  if (nextState(state, event) === undefined) throw new RequestStateError(row.id, state, event)
}

/**
 * A request whose deadline is over is as good as ended: what its driver may still do must not depend on when the next
 * sweep comes.
 *
 * @throws RequestStateError
 */
export function checkDeadline(row: RequestRow, now: bigint, event: RequestEvent): void {
  if (row.deadline_ms <= now) throw new RequestStateError(row.id, `${row.state} past its deadline`, event)
}

/** @throws MarketInputError unless both counts are whole numbers within what the request asked for. */
export function checkCounts(row: RequestRow, field: string, counts: TokenCounts): void {
  checkRange(`${field}.prompt`, counts.prompt, { from: 0, to: row.prompt_tokens_max })
  checkRange(`${field}.output`, counts.output, { from: 0, to: row.output_tokens_max })
}

/** As {@link checkCounts}, and never less than reported before under this fence. */
export function checkDelivered(row: RequestRow, counts: TokenCounts): void {
  checkRange('delivered.prompt', counts.prompt, { from: row.delivered_prompt, to: row.prompt_tokens_max })
  checkRange('delivered.output', counts.output, { from: row.delivered_output, to: row.output_tokens_max })
}

function checkRange(
  field: string,
  value: number,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  if (!Number.isSafeInteger(value) || value < from || value > to) {
    throw new MarketInputError(field, String(value), `a whole number from ${from} to ${to}`)
  }
}
