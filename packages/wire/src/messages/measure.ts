import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, record } from './parts.ts'

/**
 * Driver to stage: say how far the next stage is. What the stages themselves take is told by the traces of frames.
 * Answered by `measured` or `error`.
 */
export interface MeasureMessage {
  readonly kind: 'measure'
  readonly request: RequestId
  readonly pipeline: string
}

/** Schema of the header of {@link MeasureMessage}. */
export const measureHeader: HeaderSchema<MeasureMessage> = headerSchema<MeasureMessage>()(
  record({ request: requestIdSchema, pipeline: id }),
)
