import { once } from 'node:events'
import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { WebSocket } from 'ws'
import type { RelayInit } from '../../src/index.ts'
import { FRAME_BYTES_MAX, Relay, RelayTransport } from '../../src/index.ts'
import { ChunkedChannel } from '../../src/relay/chunked-channel.ts'
import { parseRelayAddress } from '../../src/relay/relay-address.ts'
import { RELAY_CHUNK_BYTES } from '../../src/relay/relay-limits.ts'
import { dialPath } from '../../src/relay/relay-paths.ts'
import { WebSocketChannel } from '../../src/websocket-channel.ts'
import { registerRawNode, takeRawCall } from '../support/raw-relay-node.ts'
import { rawSealedPeer } from '../support/raw-sealed-peer.ts'
import { testIdentity } from '../support/test-identity.ts'
import type { RawPeer, TransportFixture } from './transport-fixture.ts'

const SELF = { role: 'worker', software: 'test/1' } as const

/** A relay on loopback, with a free port and room for a test's dials. */
export async function startRelay(
  options: Partial<Pick<RelayInit, 'limits' | 'listen' | 'linkLimits' | 'security'>> & {
    /** @default systemClock */
    readonly clock?: Clock
  } = {},
): Promise<Relay & AsyncDisposable> {
  const { clock = systemClock, ...init } = options
  const relay = new Relay(
    { clock, log: silentLog, random: systemRandom },
    {
      listen: 'ws://127.0.0.1:0',
      node: 'relay',
      software: 'test/1',
      security: { identity: testIdentity() },
      ...init,
      limits: { dialsPerMinuteMax: 10_000, stopMsMax: 1, ...init.limits },
    },
  )
  await relay.start()
  return Object.assign(relay, { [Symbol.asyncDispose]: () => relay.stop() })
}

async function rawDial(address: string): Promise<RawPeer> {
  const { webSocket = '', name = '' } = parseRelayAddress(address) ?? {}
  const socket = new WebSocket(`${webSocket}${dialPath(name)}`, { perMessageDeflate: false })
  const channel = new ChunkedChannel(
    new WebSocketChannel(socket, { address, frameBytesMax: RELAY_CHUNK_BYTES }),
    { frameBytesMax: FRAME_BYTES_MAX },
  )
  const opened = once(socket, 'open').then(() => undefined)
  return rawSealedPeer(channel, { opened, identity: testIdentity() })
}

/** Registers, takes every call, and never says anything. Resolves with its address. */
async function listenSilently(relay: string, cleanup: CleanupStack): Promise<string> {
  const { address, link } = await registerRawNode(relay, {
    onCall: ({ call }) => {
      const socket = takeRawCall(relay, call)
      cleanup.add(() => socket.terminate())
    },
  })
  cleanup.add(() => link.close('the test is over'))
  return address
}

/** Transports through a relay on loopback. */
export async function createRelayFixture(): Promise<TransportFixture> {
  const relay = await startRelay()
  const cleanup = new CleanupStack()
  cleanup.add(() => relay.stop())
  const address = relay.address ?? ''
  return {
    listenAddress: address,
    // Port 1 (tcpmux) is reserved and below what a test may listen on.
    deadAddress: 'relay://127.0.0.1:1/nobody',
    create: ({
      node = 'node',
      limits = {},
      protocols,
      log = silentLog,
      clock = systemClock,
      security,
    } = {}) =>
      new RelayTransport(
        { clock, log, random: systemRandom },
        {
          self: { ...SELF, node },
          limits,
          security: security ?? { identity: testIdentity() },
          ...(protocols === undefined ? {} : { protocols }),
        },
      ),
    rawDial,
    listenSilently: () => listenSilently(address, cleanup),
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}
