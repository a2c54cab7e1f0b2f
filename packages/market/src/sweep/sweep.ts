import type { MarketContext } from '../context.ts'
import type { SweepOptions, SweepReport } from '../market.ts'
import type { RequestRow } from '../request/request-row.ts'
import type { RequestState } from '../request/request-state.ts'
import { completeUnacknowledged } from './complete-unacknowledged.ts'
import { EXPIRE_PENDING } from './expire-pending.ts'
import { FAIL_DEADLINES } from './fail-deadlines.ts'
import { forgetNonces } from './forget-nonces.ts'
import { lapseQuoted } from './lapse-quoted.ts'
import { REQUEUE_LEASES } from './requeue-leases.ts'
import { settleDue } from './settle-due.ts'
import { sweepRequests } from './sweep-requests.ts'
import { withdrawCapacities } from './withdraw-capacities.ts'

/**
 * One round of every sweep, each bounded by SWEEP_BATCH_MAX; what is left comes next round. Any number of replicas may
 * do this at the same time. Deadlines come before leases: what is late for good isn't put back in line. While the market
 * was away nobody could renew a lease or acknowledge: the time for both goes on when it sweeps again.
 *
 * @throws DatabaseUnavailableError
 */
export async function sweep(
  context: MarketContext,
  { resumedAtMs }: SweepOptions = {},
): Promise<SweepReport> {
  const { settings, clock } = context
  const graceMs = Math.min(settings.outageGraceMs, settings.claimLeaseMs)
  const isWithin = (ms: number): boolean => resumedAtMs !== undefined && clock.now() < resumedAtMs + ms
  const lapsed = await sweepRequests(context, lapseQuoted(settings))
  const expired = await sweepRequests(context, EXPIRE_PENDING)
  const late = await sweepRequests(context, FAIL_DEADLINES)
  const silent = isWithin(graceMs) ? [] : await sweepRequests(context, REQUEUE_LEASES)
  const isUserHeard = !isWithin(settings.acknowledgeMsMax)
  const ended = isUserHeard ? await sweepRequests(context, completeUnacknowledged(settings)) : []
  const all = [...lapsed, ...expired, ...late, ...silent, ...ended]
  const capacitiesGone = await withdrawCapacities(context)
  await forgetNonces(context)
  return {
    lapsed: lapsed.length,
    requeued: countOf(silent, 'PENDING'),
    failed: countOf(all, 'FAILED'),
    expired: expired.length,
    settled: all.filter(({ settlement }) => settlement === 'done').length + (await settleDue(context)),
    capacitiesGone,
  }
}

function countOf(rows: readonly RequestRow[], state: RequestState): number {
  return rows.filter((row) => row.state === state).length
}
