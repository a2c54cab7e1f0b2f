import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Message } from '@shardline/wire'
import { decodeFrame, encodeFrame } from '@shardline/wire'
import { WebSocket, WebSocketServer } from 'ws'
import type { LinkSubject } from './link-subject.ts'

/**
 * What WebSockets and the codec cost without sealing: no transport of ours leaves frames in clear, so this has less
 * around it than a link, and flatters itself by that.
 */
export async function clearSocketSubject(): Promise<LinkSubject> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  const messages: Message[] = []
  let wake: () => void = () => undefined
  server.on('connection', (socket, request) => {
    request.socket.setNoDelay(true)
    socket.on('message', (data) => {
      messages.push(decodeFrame(data as Buffer))
      wake()
    })
  })
  const { port } = server.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
  await once(socket, 'open')
  return {
    carrier: 'WebSockets',
    protection: 'in clear',
    send: (message) =>
      new Promise((resolve) => {
        socket.send(encodeFrame(message), () => resolve())
      }),
    next: async () => {
      for (;;) {
        const message = messages.shift()
        if (message !== undefined) return message
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    connect: undefined,
    [Symbol.asyncDispose]: async () => {
      socket.terminate()
      server.close()
    },
  }
}
