import { AcceptedLinks } from './accepted-links.ts'
import type { HandshakeContext } from './handshake.ts'
import { dialLink } from './handshake.ts'
import { resolveLimits } from './limits.ts'
import type { MemoryNetwork } from './memory-network.ts'
import { PROTOCOLS_SPOKEN } from './protocol.ts'
import type { LinkSecurityInit } from './secure/link-security.ts'
import { resolveLinkSecurity } from './secure/link-security.ts'
import { nodeLinkCrypto } from './secure/node-crypto.ts'
import type {
  DialOptions,
  Link,
  Listener,
  Transport,
  TransportComponents,
  TransportInit,
} from './transport.ts'

/** Collaborators of a {@link MemoryTransport}. */
export interface MemoryTransportComponents extends TransportComponents {
  /** Whom it can reach, and who can reach it. */
  readonly network: MemoryNetwork
}

/** Options of a {@link MemoryTransport}. */
export interface MemoryTransportInit extends TransportInit {
  /**
   * Seals the links as between processes; whoever is linked must do the same.
   *
   * @default links stay in clear: their bytes never leave the process
   */
  readonly security?: LinkSecurityInit
}

/** Links inside one process. Messages become frames and are checked as on any other transport. */
export class MemoryTransport implements Transport {
  readonly #context: HandshakeContext
  readonly #network: MemoryNetwork

  /** @throws InvalidValueError if the limits contradict each other. */
  constructor(components: MemoryTransportComponents, init: MemoryTransportInit) {
    this.#network = components.network
    this.#context = {
      clock: components.clock,
      log: components.log,
      limits: resolveLimits(init.limits),
      self: init.self,
      protocols: init.protocols ?? PROTOCOLS_SPOKEN,
      security: init.security === undefined ? undefined : resolveLinkSecurity(init.security, nodeLinkCrypto),
    }
  }

  async listen(address: string, onLink: (link: Link) => void): Promise<Listener> {
    const links = new AcceptedLinks(this.#context, onLink)
    const registered = this.#network.register(address, (channel) => void links.accept(channel))
    return new MemoryListener(registered, this.#network, links)
  }

  async dial(address: string, options: DialOptions = {}): Promise<Link> {
    const channel = this.#network.connect(address)
    return dialLink(channel, this.#context, { ...options, opened: Promise.resolve() })
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
