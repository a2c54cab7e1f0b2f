import { giveBack } from '../request/give-back.ts'
import type { RequestSweep } from './sweep-requests.ts'

/** Puts requests whose driver went silent back in line, or fails them when their attempts are used up. */
export const REQUEUE_LEASES: RequestSweep = {
  name: 'requeue-leases',
  states: ['CLAIMED', 'RUNNING'],
  column: 'lease_until_ms',
  afterMs: 0,
  work: giveBack,
}
