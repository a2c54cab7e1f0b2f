import type { PeerRole } from './common.ts'

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
