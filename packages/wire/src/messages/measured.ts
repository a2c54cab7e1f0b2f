import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { duration, nullable, record } from './parts.ts'

/** Answer to `measure`: medians over a few runs, each after a rest as between two tokens. */
export interface MeasuredMessage {
  readonly kind: 'measured'
  readonly request: RequestId
  /** One decode row through all that the stage does for it, in milliseconds. */
  readonly rowMs: number
  /** Round trip to the next stage, in milliseconds; null for the validator, and where it could not be had. */
  readonly nextRoundTripMs: number | null
}

/** Schema of the header of {@link MeasuredMessage}. */
export const measuredHeader: HeaderSchema<MeasuredMessage> = headerSchema<MeasuredMessage>()(
  record({ request: requestIdSchema, rowMs: duration, nextRoundTripMs: nullable(duration) }),
)
