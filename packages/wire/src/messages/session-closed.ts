import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, name, nullable, record } from './parts.ts'
import type { WireWindow } from './token-window.ts'
import { windowSchema } from './token-window.ts'

/** Validator to driver: the session's last frame has gone through every stage. */
export interface SessionClosedMessage {
  readonly kind: 'session-closed'
  readonly pipeline: string
  readonly session: string
  /** SHA-256 (hex) over all logits rows in order, or null if it wasn't asked for. */
  readonly digest: string | null
  /** Logits rows that were computed. */
  readonly rows: number
  /** Covers the answer's tokens since the window before, if tokens are signed and none of them ended it. */
  readonly window: WireWindow | null
}

/** Schema of the header of {@link SessionClosedMessage}. */
export const sessionClosedHeader: HeaderSchema<SessionClosedMessage> = headerSchema<SessionClosedMessage>()(
  record({
    pipeline: id,
    session: id,
    digest: nullable(name),
    rows: counter,
    window: nullable(windowSchema),
  }),
)
