import { PROTOCOL_NUMBER_MAX } from '../limits.ts'
import type { PeerRole } from './common.ts'
import { roleSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, name, record, whole } from './parts.ts'

/** First message of the dialing side. */
export interface HelloMessage {
  readonly kind: 'hello'
  /** Lowest and highest protocol version that the sender speaks. */
  readonly protocolMin: number
  readonly protocolMax: number
  readonly role: PeerRole
  readonly node: string
  /** Name and version of the software, for logs. */
  readonly software: string
}

/** Schema of the header of {@link HelloMessage}. */
export const helloHeader: HeaderSchema<HelloMessage> = headerSchema<HelloMessage>()(
  record({
    protocolMin: whole(1, PROTOCOL_NUMBER_MAX),
    protocolMax: whole(1, PROTOCOL_NUMBER_MAX),
    role: roleSchema,
    node: id,
    software: name,
  }),
)
