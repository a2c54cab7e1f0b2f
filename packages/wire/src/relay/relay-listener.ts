import type { Log } from '@shardline/core'
import type { AcceptedLinks } from '../accepted-links.ts'
import type { WireLimits } from '../limits.ts'
import type { RelayCallMessage } from '../messages/relay-call.ts'
import { HandshakeGate } from '../secure/handshake-gate.ts'
import { SEAL_BYTES } from '../secure/link-crypto.ts'
import type { Listener } from '../transport.ts'
import { WebSocketChannel } from '../websocket-channel.ts'
import { ChunkedChannel } from './chunked-channel.ts'
import { RELAY_CHUNK_BYTES } from './relay-limits.ts'
import { takePath } from './relay-paths.ts'
import type { RelayRegistration } from './relay-registration.ts'
import { openRelaySocket } from './relay-socket.ts'

/** What a {@link RelayListener} works with. */
export interface RelayListenerComponents {
  readonly log: Log
  readonly links: AcceptedLinks
  readonly limits: WireLimits
}

/** Options of a {@link RelayListener}. */
export interface RelayListenerInit {
  /** Where peers dial it, `relay://host:port/name`. */
  readonly address: string
  /** The relay, `ws://host:port`. */
  readonly webSocket: string
}

/** Takes the calls of a relay: each becomes a connection of its own, and a link once both ends have shaken hands. */
export class RelayListener implements Listener {
  readonly address: string
  readonly #components: RelayListenerComponents
  readonly #webSocket: string
  readonly #gate: HandshakeGate
  #registration: RelayRegistration | undefined
  #isClosed = false

  constructor(components: RelayListenerComponents, init: RelayListenerInit) {
    this.#components = components
    this.address = init.address
    this.#webSocket = init.webSocket
    const { handshakesOpenMax, handshakesPerAddressMax } = components.limits
    this.#gate = new HandshakeGate({ openMax: handshakesOpenMax, perAddressMax: handshakesPerAddressMax })
  }

  /** Says what keeps it registered; closed with it. */
  keep(registration: RelayRegistration): void {
    this.#registration = registration
  }

  /** Takes a call: connects to the relay, and shakes hands with whoever calls. */
  take({ call, from }: RelayCallMessage): void {
    if (this.#isClosed) return
    const { links, limits, log } = this.#components
    const socket = openRelaySocket(`${this.#webSocket}${takePath(call)}`)
    const channel = new ChunkedChannel(
      new WebSocketChannel(socket, { address: from, frameBytesMax: RELAY_CHUNK_BYTES }),
      {
        frameBytesMax: limits.frameBytesMax + SEAL_BYTES,
        // Until the handshake is done nobody has said who they are: what they may make us buffer is small.
        untrustedBytesMax: limits.handshakeBytesMax,
      },
    )
    const leave = this.#gate.enter(from.replace(/:\d+$/, ''), () => socket.terminate())
    socket.once('open', () => {
      void links.accept(channel).then((isLink) => {
        if (!isLink) return
        channel.trust()
        leave()
      })
    })
    void channel.closed.then(() => {
      leave()
      log.debug('relay-call-ended', { from })
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#registration?.close()
    await this.#components.links.close('the listener closes')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
