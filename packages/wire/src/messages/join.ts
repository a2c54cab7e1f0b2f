import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, record } from './parts.ts'

/** Stage to next stage, before the first frame of an epoch: frames of this pipeline will come on this link. Answered by `standing`. */
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
