import { completeRequest } from '../request/complete-request.ts'
import type { MarketSettings } from '../settings.ts'
import type { RequestSweep } from './sweep-requests.ts'

/** Ends delivered requests whose user has had its time to acknowledge: billed is what it acknowledged by then. */
export function completeUnacknowledged({ acknowledgeMsMax }: MarketSettings): RequestSweep {
  return {
    name: 'complete-unacknowledged',
    states: ['DELIVERED'],
    column: 'delivered_at_ms',
    afterMs: acknowledgeMsMax,
    work: completeRequest,
  }
}
