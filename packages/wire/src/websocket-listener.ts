import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { AcceptedLinks } from './accepted-links.ts'
import { deferred } from './deferred.ts'
import type { HandshakeContext } from './handshake.ts'
import { SEAL_BYTES } from './secure/link-crypto.ts'
import type { Link, Listener } from './transport.ts'
import { formatAddress, parseListenAddress } from './websocket-address.ts'
import { acceptSocket, createHttpServer, gateHandshakes, listenOn } from './websocket-server.ts'

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
  const server = createHttpServer(context.limits)
  const sockets = new WebSocketServer({
    server,
    maxPayload: context.limits.frameBytesMax + SEAL_BYTES,
    perMessageDeflate: false,
    autoPong: false,
    clientTracking: false,
    verifyClient: ({ origin }: { readonly origin?: string }, verdict) => {
      verdict(origin === undefined || init.originsAllowed.includes(origin), 403)
    },
  })
  const links = new AcceptedLinks(context, init.onLink)
  const leaveGate = gateHandshakes(server, context)
  sockets.on('connection', (socket, request) =>
    acceptSocket(socket, request, { links, limits: context.limits, leaveGate }),
  )
  sockets.on('error', (cause) => {
    // Before it listens the failure is thrown; later it is, for example, that file descriptors ran out.
    if (server.listening)
      context.log.error('listener-failed', { address: init.address, reason: cause.message })
  })
  await listenOn(server, wanted, init.address)
  const { port } = server.address() as AddressInfo
  return new WebSocketListener(server, links, formatAddress({ host: wanted.host, port }))
}

class WebSocketListener implements Listener {
  readonly address: string
  readonly #server: Server
  readonly #links: AcceptedLinks

  constructor(server: Server, links: AcceptedLinks, address: string) {
    this.#server = server
    this.#links = links
    this.address = address
  }

  async close(): Promise<void> {
    const { promise, resolve } = deferred<void>()
    // Called back with an error when it was closed before, which is as good.
    this.#server.close(() => resolve())
    await this.#links.close('the listener closes')
    this.#server.closeAllConnections()
    await promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
