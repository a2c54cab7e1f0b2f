import { silentLog, systemClock } from '@shardline/core'
import { WebSocket } from 'ws'
import type { Link, LinkIdentity, RelayCallMessage } from '../../src/index.ts'
import { formatRelayAddress, WebSocketTransport } from '../../src/index.ts'
import { takePath } from '../../src/relay/relay-paths.ts'
import { formatHex } from '../../src/secure/link-security.ts'
import { testIdentity } from './test-identity.ts'

/** Options of {@link registerRawNode}. */
export interface RawRelayNodeInit {
  readonly onCall: (call: RelayCallMessage) => void
  /** @default somebody new */
  readonly identity?: LinkIdentity
}

/** A node of a relay that does with its calls what a test wants. */
export interface RawRelayNode {
  /** Where it is dialed. */
  readonly address: string
  readonly link: Link
}

/** The WebSocket address of a relay. */
export const webSocketOf = (relay: string): string => relay.replace('relay', 'ws')

/** Registers at a relay. */
export async function registerRawNode(relay: string, init: RawRelayNodeInit): Promise<RawRelayNode> {
  const { identity = testIdentity() } = init
  const self = { node: 'raw', role: 'worker', software: 'test/1' } as const
  const control = new WebSocketTransport(
    { clock: systemClock, log: silentLog },
    { self, security: { identity } },
  )
  const link = await control.dial(webSocketOf(relay))
  await link.send({ kind: 'relay-register', request: 1 })
  const messages = link.messages()[Symbol.asyncIterator]()
  await messages.next()
  void (async () => {
    for (;;) {
      const { value, done } = await messages.next().catch(() => ({ value: undefined, done: true }))
      if (done === true) return
      if (value?.kind === 'relay-call') init.onCall(value)
    }
  })()
  return { address: formatRelayAddress(relay, formatHex(identity.publicKey)), link }
}

/** Takes a call, and says nothing. */
export function takeRawCall(relay: string, call: string): WebSocket {
  const socket = new WebSocket(`${webSocketOf(relay)}${takePath(call)}`, { perMessageDeflate: false })
  socket.on('error', () => undefined)
  return socket
}
