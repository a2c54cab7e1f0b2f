import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, nullable, record, text } from './parts.ts'

/** The sender is about to close the link on purpose. */
export interface ByeMessage {
  readonly kind: 'bye'
  /** For people and logs. */
  readonly reason: string
  /** Code of the failure that made the sender break off, see docs/reference/errors.md; null for an orderly goodbye. */
  readonly code: string | null
}

/** Schema of the header of {@link ByeMessage}. */
export const byeHeader: HeaderSchema<ByeMessage> = headerSchema<ByeMessage>()(
  record({
    reason: text,
    code: nullable(id),
  }),
)
