import { BrowserChannel } from './browser-channel.ts'
import type { BrowserSocket, OpenSocket } from './browser-socket.ts'
import { openBrowserSocket } from './browser-socket.ts'
import { AddressUnusableError, DialFailedError } from './errors.ts'
import type { HandshakeContext } from './handshake.ts'
import { dialLink } from './handshake.ts'
import { resolveLimits } from './limits.ts'
import { PROTOCOLS_SPOKEN } from './protocol.ts'
import type { LinkSecurityInit } from './secure/link-security.ts'
import { resolveLinkSecurity } from './secure/link-security.ts'
import { portableLinkCrypto } from './secure/portable-crypto.ts'
import type {
  DialOptions,
  Link,
  Listener,
  Transport,
  TransportComponents,
  TransportInit,
} from './transport.ts'

/** Options of a {@link BrowserTransport}. */
export interface BrowserTransportInit extends TransportInit {
  /** Who the page is: both sides of every link prove that, and seal every frame. */
  readonly security: LinkSecurityInit
  /** @default the platform's own `WebSocket` */
  readonly openSocket?: OpenSocket
}

/**
 * Links of a web page: over the browser's own WebSocket, authenticated both ways and sealed as everywhere. Dials `ws://`
 * and `wss://` addresses of listeners that allow the page's origin; pages can't listen. The peer can't be made to wait
 * while nobody takes messages: up to `limits.inboxBytesMax` are held then, and more than that breaks the link.
 */
export class BrowserTransport implements Transport {
  readonly #context: HandshakeContext
  readonly #openSocket: OpenSocket

  /** @throws InvalidValueError if the limits contradict each other. */
  constructor(components: TransportComponents, init: BrowserTransportInit) {
    this.#context = {
      clock: components.clock,
      log: components.log,
      limits: resolveLimits(init.limits),
      self: init.self,
      protocols: init.protocols ?? PROTOCOLS_SPOKEN,
      security: resolveLinkSecurity(init.security, portableLinkCrypto),
    }
    this.#openSocket = init.openSocket ?? openBrowserSocket
  }

  listen(address: string): Promise<Listener> {
    return Promise.reject(new AddressUnusableError(address, 'a web page can only dial'))
  }

  async dial(address: string, options: DialOptions = {}): Promise<Link> {
    const { clock, limits } = this.#context
    const channel = new BrowserChannel(this.#connect(address), {
      address,
      clock,
      frameBytesMax: limits.frameBytesMax,
      heldBytesMax: limits.inboxBytesMax,
    })
    return dialLink(channel, this.#context, { ...options, opened: channel.opened })
  }

  #connect(address: string): BrowserSocket {
    try {
      return this.#openSocket(address)
    } catch (cause) {
      throw new DialFailedError(
        address,
        'it is no ws:// or wss:// address that a page like this may dial',
        cause,
      )
    }
  }
}
