import { silentLog, systemClock } from '@shardline/core'
import { SERVICE_LINK_LIMITS } from '@shardline/driver'
import type { Identity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import type { PeerRole } from '@shardline/wire'

/** Sockets with the limits that such a peer has by default. */
export function socketTransport(role: PeerRole, identity: Identity): WebSocketTransport {
  const limits = role === 'driver' ? SERVICE_LINK_LIMITS : {}
  const components = { clock: systemClock, log: silentLog }
  const self = { node: role, role, software: 'test' }
  return new WebSocketTransport(components, { self, security: { identity }, limits })
}
