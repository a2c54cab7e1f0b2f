import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, record, text } from './parts.ts'

/** Answer to `enlist`: the driver reached the node, and may plan over it for as long as the link lasts. */
export interface EnlistedMessage {
  readonly kind: 'enlisted'
  readonly request: RequestId
  /** Id of the driver that will plan over it. */
  readonly driver: string
  /** Address at which the driver reached it. */
  readonly address: string
  /** What the driver lacks to form a pipeline, for people; empty if nothing. */
  readonly missing: string
}

/** Schema of the header of {@link EnlistedMessage}. */
export const enlistedHeader: HeaderSchema<EnlistedMessage> = headerSchema<EnlistedMessage>()(
  record({
    request: requestIdSchema,
    driver: id,
    address: text,
    missing: text,
  }),
)
