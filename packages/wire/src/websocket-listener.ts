import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { AcceptedLinks } from './accepted-links.ts'
import { deferred } from './deferred.ts'
import { AddressUnusableError, FrameTooLargeError } from './errors.ts'
import type { HandshakeContext } from './handshake.ts'
import type { WireLimits } from './limits.ts'
import { REFUSALS_PENDING_MAX, REQUEST_HEADER_BYTES_MAX } from './limits.ts'
import { HandshakeGate } from './secure/handshake-gate.ts'
import { SEAL_BYTES } from './secure/link-crypto.ts'
import type { Link, Listener } from './transport.ts'
import type { HostAndPort } from './websocket-address.ts'
import { formatAddress, parseListenAddress } from './websocket-address.ts'
import { WebSocketChannel } from './websocket-channel.ts'

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

function createHttpServer(limits: WireLimits): Server {
  const server = createServer(
    { maxHeaderSize: REQUEST_HEADER_BYTES_MAX, noDelay: true },
    (_request, response) => {
      response
        .writeHead(426, { connection: 'close', upgrade: 'websocket' })
        .end('Shardline speaks WebSocket here.\n')
    },
  )
  server.timeout = limits.handshakeMsMax
  server.headersTimeout = limits.handshakeMsMax
  server.requestTimeout = limits.handshakeMsMax
  server.maxConnections = limits.linksPerListenerMax + limits.handshakesOpenMax + REFUSALS_PENDING_MAX
  return server
}

/**
 * Bounds the connections that aren't links yet, from the first packet on: those that never become WebSockets too.
 * Returns what takes a connection out of the count.
 */
function gateHandshakes(server: Server, { limits, log }: HandshakeContext): (stream: Socket) => void {
  const gate = new HandshakeGate({
    openMax: limits.handshakesOpenMax,
    perAddressMax: limits.handshakesPerAddressMax,
  })
  const leaves = new WeakMap<Socket, () => void>()
  server.on('connection', (stream: Socket) => {
    const address = stream.remoteAddress ?? 'unknown'
    const leave = gate.enter(address, () => {
      log.debug('handshake-evicted', { address, open: gate.size })
      stream.destroy()
    })
    leaves.set(stream, leave)
    stream.once('close', leave)
  })
  return (stream) => leaves.get(stream)?.()
}

async function listenOn(server: Server, { host, port }: HostAndPort, address: string): Promise<void> {
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    throw new AddressUnusableError(address, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

interface AcceptInit {
  readonly links: AcceptedLinks
  readonly limits: WireLimits
  readonly leaveGate: (stream: Socket) => void
}

function acceptSocket(socket: WebSocket, request: IncomingMessage, init: AcceptInit): void {
  const { links, limits, leaveGate } = init
  const stream = request.socket
  stream.setNoDelay(true)
  const channel = new WebSocketChannel(socket, {
    address: `${stream.remoteAddress ?? 'unknown'}:${stream.remotePort ?? 0}`,
    frameBytesMax: limits.frameBytesMax,
  })
  let bytes = 0
  // Until the handshake is done nobody has said who they are: what they may make us buffer is small.
  const onData = (chunk: Buffer): void => {
    bytes += chunk.byteLength
    if (bytes > limits.handshakeBytesMax) {
      channel.fail(new FrameTooLargeError('handshake', bytes, limits.handshakeBytesMax))
    }
  }
  stream.on('data', onData)
  void links.accept(channel).then((isLink) => {
    stream.off('data', onData)
    // A refused one stays counted until it is gone.
    if (isLink) leaveGate(stream)
  })
}
