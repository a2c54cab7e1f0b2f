import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import { formatPeerAddress } from '@shardline/node'
import type { SelfDescription, Transport } from '@shardline/wire'
import { MemoryTransport, WebSocketTransport } from '@shardline/wire'
import type { Protection } from '../link/link-results.ts'
import { ClearNetwork } from './clear-network.ts'

/** A transport over loopback WebSockets, and how others name what it listens at. */
export interface BenchTransport extends AsyncDisposable {
  readonly transport: Transport
  /** With the key that is expected there, where links are sealed. */
  readonly nameOf: (address: string) => string
}

const COMPONENTS = { clock: systemClock, log: silentLog }

/** The product's transport, or the same links in clear. */
export async function openTransport(
  protection: Protection,
  role: SelfDescription['role'],
): Promise<BenchTransport> {
  const self = { node: role, role, software: 'bench/1.0.0' }
  if (protection === 'in clear') {
    const network = await ClearNetwork.open()
    return {
      transport: new MemoryTransport({ ...COMPONENTS, network }, { self }),
      nameOf: (address) => address,
      [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
    }
  }
  const identity = await createIdentity(systemRandom)
  return {
    transport: new WebSocketTransport(COMPONENTS, { self, security: { identity } }),
    nameOf: (address) => formatPeerAddress(address, identity.publicKey),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
