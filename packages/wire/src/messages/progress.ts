import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, record, text } from './parts.ts'

/** How far a long request is. */
export interface ProgressMessage {
  readonly kind: 'progress'
  readonly request: RequestId
  /** What is being done now, for people. */
  readonly what: string
  readonly doneBytes: number
  readonly totalBytes: number
}

/** Schema of the header of {@link ProgressMessage}. */
export const progressHeader: HeaderSchema<ProgressMessage> = headerSchema<ProgressMessage>()(
  record({
    request: requestIdSchema,
    what: text,
    doneBytes: counter,
    totalBytes: counter,
  }),
)
