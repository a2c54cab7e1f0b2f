import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { record, text } from './parts.ts'

/** Stage to driver: this node goes away on purpose; open sessions end. */
export interface LeavingMessage {
  readonly kind: 'leaving'
  readonly reason: string
}

/** Schema of the header of {@link LeavingMessage}. */
export const leavingHeader: HeaderSchema<LeavingMessage> = headerSchema<LeavingMessage>()(
  record({
    reason: text,
  }),
)
