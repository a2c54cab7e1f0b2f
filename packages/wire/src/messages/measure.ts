import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, position, record } from './parts.ts'

/** Driver to stage: run your part of the pipeline a few times and say how long it took. Answered by `measured` or `error`. */
export interface MeasureMessage {
  readonly kind: 'measure'
  readonly request: RequestId
  readonly pipeline: string
  /** Tokens that are in the cache before the row that is timed. */
  readonly position: number
}

/** Schema of the header of {@link MeasureMessage}. */
export const measureHeader: HeaderSchema<MeasureMessage> = headerSchema<MeasureMessage>()(
  record({ request: requestIdSchema, pipeline: id, position }),
)
