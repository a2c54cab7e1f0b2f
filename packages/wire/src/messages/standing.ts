import { SESSIONS_MAX } from '../limits.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, list, record } from './parts.ts'
import type { SessionStanding } from './session-standing.ts'
import { sessionStandingSchema } from './session-standing.ts'

/**
 * Stage to the stage before, in answer to `join` and on the same link: the formation is in force here, and these sessions
 * are open. The sender sends again what is missing, then goes on; before it has this it sends no rows.
 */
export interface StandingMessage {
  readonly kind: 'standing'
  readonly pipeline: string
  readonly epoch: number
  readonly sessions: readonly SessionStanding[]
}

/** Schema of the header of {@link StandingMessage}. */
export const standingHeader: HeaderSchema<StandingMessage> = headerSchema<StandingMessage>()(
  record({
    pipeline: id,
    epoch: counter,
    sessions: list(sessionStandingSchema, SESSIONS_MAX),
  }),
)
