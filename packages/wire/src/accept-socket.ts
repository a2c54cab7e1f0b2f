import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import type { AcceptedLinks } from './accepted-links.ts'
import { FrameTooLargeError } from './errors.ts'
import type { WireLimits } from './limits.ts'
import type { LinkServer } from './link-server.ts'
import { WebSocketChannel } from './websocket-channel.ts'

/** What {@link acceptSocket} works with. */
export interface AcceptInit {
  readonly links: AcceptedLinks
  readonly limits: WireLimits
  readonly server: Pick<LinkServer, 'leaveGate'>
}

/** Makes a link of a socket that somebody opened, bounded until it is known who. */
export function acceptSocket(socket: WebSocket, request: IncomingMessage, init: AcceptInit): void {
  const { links, limits, server } = init
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
    if (isLink) server.leaveGate(stream)
  })
}
