import { expireRequest } from '../request/expire-request.ts'
import type { RequestSweep } from './sweep-requests.ts'

/** Ends requests that were still waiting for their driver at their deadline. */
export const EXPIRE_PENDING: RequestSweep = {
  name: 'expire-pending',
  states: ['PENDING'],
  column: 'deadline_ms',
  afterMs: 0,
  work: (context, transaction, row) => expireRequest(context, transaction, { row, reason: 'nobody-claimed' }),
}
