import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, record } from './parts.ts'

/** Answer to `ping`. */
export interface PongMessage {
  readonly kind: 'pong'
  readonly sequence: number
}

/** Schema of the header of {@link PongMessage}. */
export const pongHeader: HeaderSchema<PongMessage> = headerSchema<PongMessage>()(
  record({
    sequence: counter,
  }),
)
