import { silentLog, systemClock } from '@shardline/core'
import type { FrameChannel, MemoryNetworkInit } from '../../src/index.ts'
import { MemoryNetwork, MemoryTransport } from '../../src/index.ts'
import { rawPeer, rawSealedPeer } from '../support/raw-sealed-peer.ts'
import { testIdentity } from '../support/test-identity.ts'
import type { RawPeer, TransportFixture } from './transport-fixture.ts'

/** Options of {@link createMemoryFixture}. */
export interface MemoryFixtureInit extends MemoryNetworkInit {
  /** Whether links are sealed as between processes. @default false */
  readonly isSealed?: boolean
}

/** Transports on one memory network. */
export function createMemoryFixture(init: MemoryFixtureInit = {}): TransportFixture {
  const { isSealed = false } = init
  const network = new MemoryNetwork({ clock: systemClock }, init)
  const silent: FrameChannel[] = []
  return {
    listenAddress: 'memory:',
    deadAddress: 'memory:nobody',
    create: ({
      node = 'node',
      limits = {},
      protocols,
      log = silentLog,
      clock = systemClock,
      security,
    } = {}) =>
      new MemoryTransport(
        { clock, log, network },
        {
          self: { node, role: 'worker', software: 'test/1' },
          limits,
          ...(isSealed ? { security: security ?? { identity: testIdentity() } } : {}),
          ...(protocols === undefined ? {} : { protocols }),
        },
      ),
    rawDial: async (address): Promise<RawPeer> => {
      const channel = network.connect(address)
      if (!isSealed) return rawPeer(channel)
      return rawSealedPeer(channel, { opened: Promise.resolve(), identity: testIdentity() })
    },
    listenSilently: async () => network.register('memory:', (channel) => silent.push(channel)),
    [Symbol.asyncDispose]: async () => {
      for (const channel of silent) channel.destroy()
    },
  }
}
