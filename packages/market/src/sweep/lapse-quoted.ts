import type { MarketSettings } from '../settings.ts'
import { expireRequest } from '../request/expire-request.ts'
import type { RequestSweep } from './sweep-requests.ts'

/**
 * Ends requests whose sealed prompt never came. Whoever opened one may have died before its hold was placed, or be so
 * slow that it's still about to: settling places the hold first, by the same id, and releases it for good.
 */
export function lapseQuoted({ quotedMsMax }: MarketSettings): RequestSweep {
  return {
    name: 'lapse-quoted',
    states: ['QUOTED'],
    column: 'created_at_ms',
    afterMs: quotedMsMax,
    work: (context, transaction, row) =>
      expireRequest(context, transaction, { row, reason: 'prompt-never-came' }),
  }
}
