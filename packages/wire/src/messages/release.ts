import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, record } from './parts.ts'

/** Driver to stage: the pipeline is over; free its sessions and its links. */
export interface ReleaseMessage {
  readonly kind: 'release'
  readonly pipeline: string
}

/** Schema of the header of {@link ReleaseMessage}. */
export const releaseHeader: HeaderSchema<ReleaseMessage> = headerSchema<ReleaseMessage>()(
  record({
    pipeline: id,
  }),
)
