import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, record } from './parts.ts'

/** Answer to `session-open`. */
export interface SessionOpenedMessage {
  readonly kind: 'session-opened'
  readonly request: RequestId
  readonly session: string
}

/** Schema of the header of {@link SessionOpenedMessage}. */
export const sessionOpenedHeader: HeaderSchema<SessionOpenedMessage> = headerSchema<SessionOpenedMessage>()(
  record({
    request: requestIdSchema,
    session: id,
  }),
)
