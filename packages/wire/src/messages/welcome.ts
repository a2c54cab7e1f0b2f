import type { PeerRole } from './common.ts'

/** Answer to `hello`: the version that both speak from here on. */
export interface WelcomeMessage {
  readonly kind: 'welcome'
  readonly protocol: number
  readonly role: PeerRole
  readonly node: string
  readonly software: string
}
