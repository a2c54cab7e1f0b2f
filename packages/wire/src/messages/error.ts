import { Type } from '@sinclair/typebox'
import { SESSIONS_MAX } from '../limits.ts'
import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, list, nullable, record, text } from './parts.ts'

/** A failure that the peer has to know. */
export interface ErrorMessage {
  readonly kind: 'error'
  /** Stable error code of the sender, see docs/reference/errors.md. */
  readonly code: string
  readonly message: string
  /** The request that failed, if it was one. */
  readonly request: RequestId | null
  readonly pipeline: string | null
  /** Sessions that ended by it; empty if none did, or if the whole pipeline did (`isFatal`). */
  readonly sessions: readonly string[]
  /** Whether the pipeline can't go on. */
  readonly isFatal: boolean
}

/** Schema of the header of {@link ErrorMessage}. */
export const errorHeader: HeaderSchema<ErrorMessage> = headerSchema<ErrorMessage>()(
  record({
    code: id,
    message: text,
    request: nullable(requestIdSchema),
    pipeline: nullable(id),
    sessions: list(id, SESSIONS_MAX),
    isFatal: Type.Boolean(),
  }),
)
