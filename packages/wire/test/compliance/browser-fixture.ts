import { silentLog, systemClock } from '@shardline/core'
import { WebSocket } from 'ws'
import type { BrowserSocket, OpenSocket } from '../../src/index.ts'
import { BrowserTransport } from '../../src/index.ts'
import { testIdentity } from '../support/test-identity.ts'
import type { TransportFixture } from './transport-fixture.ts'
import { createWebSocketFixture } from './websocket-fixture.ts'

/** The standard's WebSocket as `ws` has it, for a Node without one of its own. */
export const openStandardSocket: OpenSocket = (address) => new WebSocket(address) as unknown as BrowserSocket

/** Pages that dial, and programs that listen. */
export function createBrowserFixture(openSocket: OpenSocket = openStandardSocket): TransportFixture {
  const listening = createWebSocketFixture()
  return {
    ...listening,
    create: (options = {}) => {
      const {
        node = 'node',
        limits = {},
        protocols,
        log = silentLog,
        clock = systemClock,
        security,
      } = options
      const listener = listening.create(options)
      const dialer = new BrowserTransport(
        { clock, log },
        {
          self: { node, role: 'worker', software: 'test/1' },
          limits,
          security: security ?? { identity: testIdentity() },
          openSocket,
          ...(protocols === undefined ? {} : { protocols }),
        },
      )
      return {
        listen: (address, onLink) => listener.listen(address, onLink),
        dial: (address, dialOptions) => dialer.dial(address, dialOptions),
      }
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}
