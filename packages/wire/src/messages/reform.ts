import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, nullable, record, text } from './parts.ts'

/**
 * Driver to a stage that stays while another one is replaced: keep the layers and the sessions, forget the rows that wait,
 * go on under a higher epoch. Answered by `reformed`, once the next stage has said how it stands, or by `error`.
 */
export interface ReformMessage {
  readonly kind: 'reform'
  readonly request: RequestId
  readonly pipeline: string
  readonly epoch: number
  /** Address of the stage that gets this one's output from now on, or null for the validator. */
  readonly next: string | null
}

/** Schema of the header of {@link ReformMessage}. */
export const reformHeader: HeaderSchema<ReformMessage> = headerSchema<ReformMessage>()(
  record({
    request: requestIdSchema,
    pipeline: id,
    epoch: counter,
    next: nullable(text),
  }),
)
