import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, record } from './parts.ts'

/** Answer to `relay-register`: the node can be dialed under this name for as long as the link lasts. */
export interface RelayRegisteredMessage {
  readonly kind: 'relay-registered'
  readonly request: RequestId
  readonly name: string
}

/** Schema of the header of {@link RelayRegisteredMessage}. */
export const relayRegisteredHeader: HeaderSchema<RelayRegisteredMessage> =
  headerSchema<RelayRegisteredMessage>()(
    record({
      request: requestIdSchema,
      name: id,
    }),
  )
