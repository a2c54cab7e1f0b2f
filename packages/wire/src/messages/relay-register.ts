import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { record } from './parts.ts'

/** A node to its relay: pass on whoever dials the name of my key. Answered by `relay-registered`, or by `error`. */
export interface RelayRegisterMessage {
  readonly kind: 'relay-register'
  readonly request: RequestId
}

/** Schema of the header of {@link RelayRegisterMessage}. */
export const relayRegisterHeader: HeaderSchema<RelayRegisterMessage> = headerSchema<RelayRegisterMessage>()(
  record({
    request: requestIdSchema,
  }),
)
