import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { AcceptedLinks } from './accepted-links.ts'
import { AddressUnusableError, FrameTooLargeError } from './errors.ts'
import type { HandshakeContext } from './handshake.ts'
import type { WireLimits } from './limits.ts'
import { REFUSALS_PENDING_MAX, REQUEST_HEADER_BYTES_MAX } from './limits.ts'
import { HandshakeGate } from './secure/handshake-gate.ts'
import type { HostAndPort } from './websocket-address.ts'
import { WebSocketChannel } from './websocket-channel.ts'

/** A server that tells browsers that it is none, and waits for nobody longer than for a handshake. */
export function createHttpServer(limits: WireLimits): Server {
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
export function gateHandshakes(server: Server, { limits, log }: HandshakeContext): (stream: Socket) => void {
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

/** @throws AddressUnusableError */
export async function listenOn(server: Server, { host, port }: HostAndPort, address: string): Promise<void> {
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    throw new AddressUnusableError(address, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** What {@link acceptSocket} works with. */
export interface AcceptInit {
  readonly links: AcceptedLinks
  readonly limits: WireLimits
  readonly leaveGate: (stream: Socket) => void
}

/** Makes a link of a socket that somebody opened, bounded until it is known who. */
export function acceptSocket(socket: WebSocket, request: IncomingMessage, init: AcceptInit): void {
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
