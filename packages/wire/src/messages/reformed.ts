import { SESSIONS_MAX } from '../limits.ts'
import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, list, record } from './parts.ts'
import type { SessionStanding } from './session-standing.ts'
import { sessionStandingSchema } from './session-standing.ts'

/** Answer to `reform`: the stage goes on under the new epoch, and is linked to the next one. */
export interface ReformedMessage {
  readonly kind: 'reformed'
  readonly request: RequestId
  readonly pipeline: string
  readonly epoch: number
  /** The sessions that are open here. */
  readonly sessions: readonly SessionStanding[]
}

/** Schema of the header of {@link ReformedMessage}. */
export const reformedHeader: HeaderSchema<ReformedMessage> = headerSchema<ReformedMessage>()(
  record({
    request: requestIdSchema,
    pipeline: id,
    epoch: counter,
    sessions: list(sessionStandingSchema, SESSIONS_MAX),
  }),
)
