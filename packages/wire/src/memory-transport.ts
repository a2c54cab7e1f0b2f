import type { MemoryNetwork } from './memory-network.ts'
import type { Link, Listener, Transport, TransportComponents, TransportInit } from './transport.ts'
export interface MemoryTransportComponents extends TransportComponents {
  readonly network: MemoryNetwork
}
export class MemoryTransport implements Transport {
  constructor(_components: MemoryTransportComponents, _init: TransportInit) {}
  listen(_address: string, _onLink: (link: Link) => void): Promise<Listener> {
    throw new Error('x')
  }
  dial(_address: string, _options: { readonly signal?: AbortSignal } = {}): Promise<Link> {
    throw new Error('x')
  }
}
