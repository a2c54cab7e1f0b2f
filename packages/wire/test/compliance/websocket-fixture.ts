import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { CleanupStack, silentLog, systemClock } from '@shardline/core'
import { WebSocket, WebSocketServer } from 'ws'
import { FRAME_BYTES_MAX, WebSocketTransport } from '../../src/index.ts'
import { WebSocketChannel } from '../../src/websocket-channel.ts'
import { rawSealedPeer } from '../support/raw-sealed-peer.ts'
import { testIdentity } from '../support/test-identity.ts'
import type { RawPeer, TransportFixture } from './transport-fixture.ts'

async function rawDial(address: string): Promise<RawPeer> {
  const socket = new WebSocket(address, { perMessageDeflate: false })
  const channel = new WebSocketChannel(socket, { address, frameBytesMax: FRAME_BYTES_MAX })
  const opened = once(socket, 'open').then(() => undefined)
  return rawSealedPeer(channel, { opened, identity: testIdentity() })
}

/** Transports over WebSockets on loopback. */
export function createWebSocketFixture(): TransportFixture {
  const cleanup = new CleanupStack()
  return {
    listenAddress: 'ws://127.0.0.1:0',
    // Port 1 (tcpmux) is reserved and below what a test may listen on.
    deadAddress: 'ws://127.0.0.1:1',
    create: ({
      node = 'node',
      limits = {},
      protocols,
      log = silentLog,
      clock = systemClock,
      security,
    } = {}) =>
      new WebSocketTransport(
        { clock, log },
        {
          self: { node, role: 'worker', software: 'test/1' },
          limits,
          security: security ?? { identity: testIdentity() },
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
