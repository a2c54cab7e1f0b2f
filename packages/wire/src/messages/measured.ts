import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { duration, nullable, record } from './parts.ts'

/** Answer to `measure`. */
export interface MeasuredMessage {
  readonly kind: 'measured'
  readonly request: RequestId
  /** To the next stage and back, in milliseconds, the least of a few pings; null for the validator, and where none came back. */
  readonly nextRoundTripMs: number | null
}

/** Schema of the header of {@link MeasuredMessage}. */
export const measuredHeader: HeaderSchema<MeasuredMessage> = headerSchema<MeasuredMessage>()(
  record({ request: requestIdSchema, nextRoundTripMs: nullable(duration) }),
)
