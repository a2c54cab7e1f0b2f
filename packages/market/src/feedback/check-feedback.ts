import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { FeedbackRefusedError } from '../errors.ts'
import { nowMs } from '../now-ms.ts'
import { checkUser } from '../request/request-row.ts'
import type { RequestRow } from '../request/request-row.ts'

/**
 * @throws MarketForbiddenError unless `who` is the request's user.
 * @throws FeedbackRefusedError unless it's completed, and not longer ago than feedback may come.
 */
export function checkFeedback(context: MarketContext, row: RequestRow, who: PartyId): void {
  checkUser(row, who, 'give feedback on it')
  if (row.state !== 'COMPLETED') {
    throw new FeedbackRefusedError(row.id, `it is ${row.state}, and only completed ones get any`)
  }
  const { feedbackMsMax } = context.settings
  if ((row.ended_at_ms ?? 0n) + BigInt(feedbackMsMax) <= nowMs(context)) {
    throw new FeedbackRefusedError(row.id, `it ended more than ${feedbackMsMax} ms ago`)
  }
}
