import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { record, uuid } from './parts.ts'

/** Client to driver: stop answering; caches are freed, and the answer ends with what there is. */
export interface AskCancelMessage {
  readonly kind: 'ask-cancel'
  readonly ask: string
}

/** Schema of the header of {@link AskCancelMessage}. */
export const askCancelHeader: HeaderSchema<AskCancelMessage> = headerSchema<AskCancelMessage>()(
  record({ ask: uuid }),
)
