import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { record, sealedBytes, uuid } from './parts.ts'

/** Client to driver: a prompt that only the driver opens. `answer` messages come back until one is the last. */
export interface AskMessage {
  readonly kind: 'ask'
  /** The request's id, a UUID; also bound into what is sealed. */
  readonly ask: string
  /** The sealed prompt in base64. */
  readonly sealed: string
}

/** Schema of the header of {@link AskMessage}. */
export const askHeader: HeaderSchema<AskMessage> = headerSchema<AskMessage>()(
  record({ ask: uuid, sealed: sealedBytes }),
)
