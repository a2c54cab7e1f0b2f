import { Type } from '@sinclair/typebox'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { duration, id, nullable, record, text, uuid } from './parts.ts'

/** Driver to client: an ask that no answer was begun for. Nothing of its content is in here. */
export interface AskRefusedMessage {
  readonly kind: 'ask-refused'
  /** The request's id. */
  readonly ask: string
  /** Stable error code of the driver, see docs/reference/errors.md. */
  readonly code: string
  readonly message: string
  readonly isRetryable: boolean
  /** Milliseconds after which it may be worth to try again; null if the driver doesn't know. */
  readonly retryAfterMs: number | null
}

/** Schema of the header of {@link AskRefusedMessage}. */
export const askRefusedHeader: HeaderSchema<AskRefusedMessage> = headerSchema<AskRefusedMessage>()(
  record({
    ask: uuid,
    code: id,
    message: text,
    isRetryable: Type.Boolean(),
    retryAfterMs: nullable(duration),
  }),
)
