import { silentLog, systemClock } from '@shardline/core'
import type { FrameChannel, MemoryNetworkInit } from '../../src/index.ts'
import { MemoryNetwork, MemoryTransport } from '../../src/index.ts'
import { RawInbox } from './raw-inbox.ts'
import type { RawPeer, TransportFixture } from './transport-fixture.ts'

/** Transports on one memory network. */
export function createMemoryFixture(init: MemoryNetworkInit = {}): TransportFixture {
  const network = new MemoryNetwork({ clock: systemClock }, init)
  const silent: FrameChannel[] = []
  return {
    listenAddress: 'memory:',
    deadAddress: 'memory:nobody',
    create: ({ node = 'node', limits = {}, protocols, log = silentLog } = {}) =>
      new MemoryTransport(
        { clock: systemClock, log, network },
        {
          self: { node, role: 'worker', software: 'test/1' },
          limits,
          ...(protocols === undefined ? {} : { protocols }),
        },
      ),
    rawDial: async (address): Promise<RawPeer> => {
      const channel = network.connect(address)
      const inbox = new RawInbox()
      channel.attach({
        onFrame: (bytes) => inbox.put(bytes),
        onDrain: () => undefined,
        onBroken: () => undefined,
        onGone: () => inbox.end(),
      })
      return {
        send: (bytes) => channel.write(bytes),
        next: inbox.next,
        destroy: () => channel.destroy(),
        closed: channel.closed,
      }
    },
    listenSilently: async () => network.register('memory:', (channel) => silent.push(channel)),
    [Symbol.asyncDispose]: async () => {
      for (const channel of silent) channel.destroy()
    },
  }
}
