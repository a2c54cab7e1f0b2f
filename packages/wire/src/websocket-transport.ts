import { once } from 'node:events'
import { WebSocket } from 'ws'
import { DialFailedError } from './errors.ts'
import type { HandshakeContext } from './handshake.ts'
import { dialLink } from './handshake.ts'
import { resolveLimits } from './limits.ts'
import { PROTOCOLS_SPOKEN } from './protocol.ts'
import { SEAL_BYTES } from './secure/link-crypto.ts'
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
import { WebSocketChannel } from './websocket-channel.ts'
import { listenOnWebSocket } from './websocket-listener.ts'

/** Options of a {@link WebSocketTransport}. */
export interface WebSocketTransportInit extends TransportInit {
  /** Who this side is: both sides of every link prove that, and seal every frame. */
  readonly security: LinkSecurityInit
  /** Web origins whose pages may connect; programs send no origin and always may. @default [] */
  readonly originsAllowed?: readonly string[]
}

/**
 * Links over WebSockets, authenticated both ways and sealed: one binary message per frame, no compression (hidden states don't compress), no delay.
 * Listens on `ws://host:port`; dials `ws://` and `wss://` addresses.
 */
export class WebSocketTransport implements Transport {
  readonly #context: HandshakeContext
  readonly #originsAllowed: readonly string[]

  /** @throws InvalidValueError if the limits contradict each other. */
  constructor(components: TransportComponents, init: WebSocketTransportInit) {
    this.#context = {
      clock: components.clock,
      log: components.log,
      limits: resolveLimits(init.limits),
      self: init.self,
      protocols: init.protocols ?? PROTOCOLS_SPOKEN,
      security: resolveLinkSecurity(init.security, nodeLinkCrypto),
    }
    this.#originsAllowed = [...(init.originsAllowed ?? [])]
  }

  listen(address: string, onLink: (link: Link) => void): Promise<Listener> {
    return listenOnWebSocket(this.#context, { address, onLink, originsAllowed: this.#originsAllowed })
  }

  async dial(address: string, options: DialOptions = {}): Promise<Link> {
    const { limits } = this.#context
    const socket = connect(address, limits.frameBytesMax + SEAL_BYTES)
    const channel = new WebSocketChannel(socket, { address, frameBytesMax: limits.frameBytesMax })
    const opened = once(socket, 'open').then(
      () => undefined,
      () => undefined,
    )
    return dialLink(channel, this.#context, { ...options, opened })
  }
}

function connect(address: string, maxPayload: number): WebSocket {
  try {
    const socket = new WebSocket(address, {
      maxPayload,
      perMessageDeflate: false,
      autoPong: false,
      followRedirects: false,
    })
    socket.once('upgrade', (response) => response.socket.setNoDelay(true))
    return socket
  } catch (cause) {
    throw new DialFailedError(address, 'it is no ws:// or wss:// address', cause)
  }
}
