import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, record } from './parts.ts'

/** A relay to a node: somebody dials you; connect to take the call. */
export interface RelayCallMessage {
  readonly kind: 'relay-call'
  /** Names the call where the node connects to take it; nobody else is told. */
  readonly call: string
  /** Network address that the call comes from, as the relay sees it. */
  readonly from: string
}

/** Schema of the header of {@link RelayCallMessage}. */
export const relayCallHeader: HeaderSchema<RelayCallMessage> = headerSchema<RelayCallMessage>()(
  record({
    call: id,
    from: id,
  }),
)
