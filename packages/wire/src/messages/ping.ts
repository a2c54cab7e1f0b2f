import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, record } from './parts.ts'

/** Asks for a `pong` with the same number; measures the round trip and shows that the peer's loop runs. */
export interface PingMessage {
  readonly kind: 'ping'
  readonly sequence: number
}

/** Schema of the header of {@link PingMessage}. */
export const pingHeader: HeaderSchema<PingMessage> = headerSchema<PingMessage>()(
  record({
    sequence: counter,
  }),
)
