import { AcceptedLinks } from './accepted-links.ts'
import type { HandshakeContext } from './handshake.ts'
import { dialLink } from './handshake.ts'
import { resolveLimits } from './limits.ts'
import type { MemoryNetwork } from './memory-network.ts'
import { PROTOCOLS_SPOKEN } from './protocol.ts'
import type { Link, Listener, Transport, TransportComponents, TransportInit } from './transport.ts'

/** Collaborators of a {@link MemoryTransport}. */
export interface MemoryTransportComponents extends TransportComponents {
  /** Whom it can reach, and who can reach it. */
  readonly network: MemoryNetwork
}

/** Links inside one process. Messages become frames and are checked as on any other transport. */
export class MemoryTransport implements Transport {
  readonly #context: HandshakeContext
  readonly #network: MemoryNetwork

  /** @throws InvalidValueError if the limits contradict each other. */
  constructor(components: MemoryTransportComponents, init: TransportInit) {
    this.#network = components.network
    this.#context = {
      clock: components.clock,
      log: components.log,
      limits: resolveLimits(init.limits),
      self: init.self,
      protocols: init.protocols ?? PROTOCOLS_SPOKEN,
    }
  }

  async listen(address: string, onLink: (link: Link) => void): Promise<Listener> {
    const links = new AcceptedLinks(this.#context, onLink)
    const registered = this.#network.register(address, (channel) => void links.accept(channel))
    return new MemoryListener(registered, this.#network, links)
  }

  async dial(address: string, options: { readonly signal?: AbortSignal } = {}): Promise<Link> {
    const channel = this.#network.connect(address)
    return dialLink(channel, this.#context, { opened: Promise.resolve(), signal: options.signal })
  }
}

class MemoryListener implements Listener {
  readonly address: string
  readonly #network: MemoryNetwork
  readonly #links: AcceptedLinks

  constructor(address: string, network: MemoryNetwork, links: AcceptedLinks) {
    this.address = address
    this.#network = network
    this.#links = links
  }

  async close(): Promise<void> {
    this.#network.unregister(this.address)
    await this.#links.close('the listener closes')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
