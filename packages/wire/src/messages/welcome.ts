import { PROTOCOL_NUMBER_MAX } from '../limits.ts'
import type { PeerRole } from './common.ts'
import { roleSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { id, name, record, whole } from './parts.ts'

/** Answer to `hello`: the version that both speak from here on. */
export interface WelcomeMessage {
  readonly kind: 'welcome'
  readonly protocol: number
  readonly role: PeerRole
  readonly node: string
  readonly software: string
}

/** Schema of the header of {@link WelcomeMessage}. */
export const welcomeHeader: HeaderSchema<WelcomeMessage> = headerSchema<WelcomeMessage>()(
  record({
    protocol: whole(1, PROTOCOL_NUMBER_MAX),
    role: roleSchema,
    node: id,
    software: name,
  }),
)
