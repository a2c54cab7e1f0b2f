import { failRequest } from '../request/fail-request.ts'
import type { RequestSweep } from './sweep-requests.ts'

/** Fails requests that were not delivered at their deadline. */
export const FAIL_DEADLINES: RequestSweep = {
  name: 'fail-deadlines',
  states: ['CLAIMED', 'RUNNING'],
  column: 'deadline_ms',
  afterMs: 0,
  work: (context, transaction, row) =>
    failRequest(context, transaction, { row, reason: 'deadline-passed', isMarked: true }),
}
