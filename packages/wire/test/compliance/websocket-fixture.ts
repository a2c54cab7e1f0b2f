import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { CleanupStack, silentLog, systemClock } from '@shardline/core'
import { WebSocket, WebSocketServer } from 'ws'
import { WebSocketTransport } from '../../src/index.ts'
import { RawInbox } from './raw-inbox.ts'
import type { RawPeer, TransportFixture } from './transport-fixture.ts'

async function rawDial(address: string): Promise<RawPeer> {
  const socket = new WebSocket(address, { perMessageDeflate: false })
  const inbox = new RawInbox()
  socket.on('message', (data) => inbox.put(data as Buffer))
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      inbox.end()
      resolve()
    })
  })
  await once(socket, 'open')
  return {
    send: (bytes) => socket.send(bytes, () => undefined),
    next: inbox.next,
    destroy: () => socket.terminate(),
    closed,
  }
}

/** Transports over WebSockets on loopback. */
export function createWebSocketFixture(): TransportFixture {
  const cleanup = new CleanupStack()
  return {
    listenAddress: 'ws://127.0.0.1:0',
    // Port 1 (tcpmux) is reserved and below what a test may listen on.
    deadAddress: 'ws://127.0.0.1:1',
    create: ({ node = 'node', limits = {}, protocols, log = silentLog } = {}) =>
      new WebSocketTransport(
        { clock: systemClock, log },
        {
          self: { node, role: 'worker', software: 'test/1' },
          limits,
          ...(protocols === undefined ? {} : { protocols }),
        },
      ),
    rawDial,
    listenSilently: async () => {
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
      await once(server, 'listening')
      cleanup.add(() => {
        for (const client of server.clients) client.terminate()
        server.close()
      })
      return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}
