import { Type } from '@sinclair/typebox'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, record, sealedBytes, uuid } from './parts.ts'

/** Driver to client: the next events of an answer, sealed to the user's one-time key. */
export interface AnswerMessage {
  readonly kind: 'answer'
  /** The request's id. */
  readonly ask: string
  /** Counts the messages of one answer, from 0. */
  readonly sequence: number
  readonly isLast: boolean
  /** A sealed list of answer events in base64. */
  readonly sealed: string
}

/** Schema of the header of {@link AnswerMessage}. */
export const answerHeader: HeaderSchema<AnswerMessage> = headerSchema<AnswerMessage>()(
  record({ ask: uuid, sequence: counter, isLast: Type.Boolean(), sealed: sealedBytes }),
)
