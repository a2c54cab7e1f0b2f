import type { RequestState } from '../request/request-state.ts'

/** How much there is of everything at one moment. Counts only: nothing in here names anybody. */
export interface MarketStats {
  /** Requests by state; 0 where there are none. */
  readonly requests: Readonly<Record<RequestState, number>>
  /** Drivers that report capacity now. */
  readonly drivers: number
  /** Requests that have ended and whose money hasn't moved yet. */
  readonly settlementsDue: number
  /** Milliseconds that the oldest of them has waited; 0 when there's none. */
  readonly settlementLagMs: number
}
