import type { PartyId } from '@shardline/identity'
import type { ModelId, RequestId } from '../ids.ts'
import { formatPrice } from '../price/price-rule.ts'
import type { ScaledPrice } from '../price/price-rule.ts'
import { readPlan } from '../settlement/settlement-plan.ts'
import { readParticipants } from './participants.ts'
import type { RequestRow } from './request-row.ts'
import type { RequestState } from './request-state.ts'
import type { EndReason, Request, Settlement } from './request.ts'

/** A request's row as its parties may see it. */
export function toRequest(row: RequestRow): Request {
  return {
    id: row.id as RequestId,
    state: row.state as RequestState,
    model: row.model as ModelId,
    user: row.payer as PartyId,
    driver: row.driver as PartyId,
    lockedPrice: formatPrice(BigInt(row.locked_price) as ScaledPrice),
    hold: row.hold,
    promptTokensMax: row.prompt_tokens_max,
    outputTokensMax: row.output_tokens_max,
    priority: row.priority,
    fence: row.fence,
    attempts: row.attempts,
    delivered: { prompt: row.delivered_prompt, output: row.delivered_output },
    acknowledged: { prompt: row.acknowledged_prompt, output: row.acknowledged_output },
    participants: readParticipants(row.participants),
    endReason: (row.end_reason as EndReason | null) ?? undefined,
    settlement: settlementOf(row),
    createdAtMs: Number(row.created_at_ms),
    deadlineMs: Number(row.deadline_ms),
    leaseUntilMs: numberOf(row.lease_until_ms),
    endedAtMs: numberOf(row.ended_at_ms),
  }
}

function settlementOf(row: RequestRow): Settlement | undefined {
  const plan = readPlan(row.settlement_plan)
  if (plan === undefined) return undefined
  const { billed, fee, refund, payouts } = plan
  return { isDone: row.settlement === 'done', billed, fee, refund, payouts }
}

function numberOf(value: bigint | null): number | undefined {
  return value === null ? undefined : Number(value)
}
