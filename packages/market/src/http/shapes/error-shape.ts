import { Type } from '@sinclair/typebox'
import { record, shape } from './shape.ts'
import type { Shape } from './shape.ts'

/** What every failure is answered with. */
export interface ErrorReply {
  readonly error: {
    /** See docs/reference/errors.md. */
    readonly code: string
    readonly message: string
    /** Whether the same request can succeed later. */
    readonly retryable: boolean
    readonly details: Record<string, unknown>
  }
}

/** What every failure is answered with. */
export const errorShape: Shape<ErrorReply> = shape<ErrorReply>()(
  record({
    error: record({
      code: Type.String({ description: 'see docs/reference/errors.md' }),
      message: Type.String(),
      retryable: Type.Boolean({ description: 'whether the same request can succeed later' }),
      details: Type.Record(Type.String(), Type.Unknown()),
    }),
  }),
)
