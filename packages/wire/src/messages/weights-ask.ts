import { Type } from '@sinclair/typebox'
import type { TLiteral, TUnion } from '@sinclair/typebox'
import { WEIGHTS_BYTES_MAX } from '../limits.ts'
import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, record, whole } from './parts.ts'
import { hexBytes } from './token-window.ts'

/** What of a model's file is asked for: its bytes, or the SHA-256 of each of its blocks, one after the other. */
export type WeightsPart = 'bytes' | 'blocks'

/**
 * Node to node: give me a range of a file that you hold. The file is named by its content, so that who asks has been told of
 * it by somebody who has it. Answered by `weights` or `error`.
 */
export interface WeightsAskMessage {
  readonly kind: 'weights-ask'
  readonly request: RequestId
  /** The file's `blocks`, as a plan lists it. */
  readonly file: string
  readonly part: WeightsPart
  /** First byte of the range, and how many. */
  readonly offset: number
  readonly length: number
}

const partSchema: TUnion<[TLiteral<'bytes'>, TLiteral<'blocks'>]> = Type.Union([
  Type.Literal('bytes'),
  Type.Literal('blocks'),
])

/** Schema of the header of {@link WeightsAskMessage}. */
export const weightsAskHeader: HeaderSchema<WeightsAskMessage> = headerSchema<WeightsAskMessage>()(
  record({
    request: requestIdSchema,
    file: hexBytes(32),
    part: partSchema,
    offset: counter,
    length: whole(1, WEIGHTS_BYTES_MAX),
  }),
)
