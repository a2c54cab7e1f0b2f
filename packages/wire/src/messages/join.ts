import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, record } from './parts.ts'

/** First message on a data link: frames of this pipeline will come here. */
export interface JoinMessage {
  readonly kind: 'join'
  readonly pipeline: string
  readonly epoch: number
}

/** Schema of the header of {@link JoinMessage}. */
export const joinHeader: HeaderSchema<JoinMessage> = headerSchema<JoinMessage>()(
  record({
    pipeline: id,
    epoch: counter,
  }),
)
