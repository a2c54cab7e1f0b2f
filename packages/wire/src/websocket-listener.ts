import { WebSocketServer } from 'ws'
import { acceptSocket } from './accept-socket.ts'
import { AcceptedLinks } from './accepted-links.ts'
import type { HandshakeContext } from './handshake.ts'
import { LinkServer } from './link-server.ts'
import { SEAL_BYTES } from './secure/link-crypto.ts'
import type { Link, Listener } from './transport.ts'
import { formatAddress, parseListenAddress } from './websocket-address.ts'

/** Options of {@link listenOnWebSocket}. */
export interface WebSocketListenInit {
  readonly address: string
  readonly onLink: (link: Link) => void
  readonly originsAllowed: readonly string[]
}

/**
 * Accepts links at `ws://host:port`.
 *
 * @throws AddressUnusableError.
 */
export async function listenOnWebSocket(
  context: HandshakeContext,
  init: WebSocketListenInit,
): Promise<Listener> {
  const wanted = parseListenAddress(init.address)
  const { limits } = context
  const server = new LinkServer(context, { connectionsMax: limits.linksPerListenerMax })
  const sockets = new WebSocketServer({
    server: server.http,
    maxPayload: limits.frameBytesMax + SEAL_BYTES,
    perMessageDeflate: false,
    autoPong: false,
    clientTracking: false,
    verifyClient: ({ origin }: { readonly origin?: string }, verdict) => {
      verdict(origin === undefined || init.originsAllowed.includes(origin), 403)
    },
  })
  const links = new AcceptedLinks(context, init.onLink)
  sockets.on('connection', (socket, request) => acceptSocket(socket, request, { links, limits, server }))
  await server.listen(wanted, init.address)
  return new WebSocketListener(server, links, formatAddress({ host: wanted.host, port: server.port }))
}

class WebSocketListener implements Listener {
  readonly address: string
  readonly #server: LinkServer
  readonly #links: AcceptedLinks

  constructor(server: LinkServer, links: AcceptedLinks, address: string) {
    this.#server = server
    this.#links = links
    this.address = address
  }

  async close(): Promise<void> {
    const closed = this.#server.close()
    await this.#links.close('the listener closes')
    this.#server.cutRequests()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
