import { once } from 'node:events'
import type { Random, ShardlineError } from '@shardline/core'
import type { WebSocket } from 'ws'
import { AcceptedLinks } from '../accepted-links.ts'
import { AddressUnusableError, DialFailedError } from '../errors.ts'
import type { HandshakeContext } from '../handshake.ts'
import { dialLink } from '../handshake.ts'
import { resolveLimits } from '../limits.ts'
import { PROTOCOLS_SPOKEN } from '../protocol.ts'
import { SEAL_BYTES } from '../secure/link-crypto.ts'
import type { LinkSecurity, LinkSecurityInit } from '../secure/link-security.ts'
import { resolveLinkSecurity } from '../secure/link-security.ts'
import { nodeLinkCrypto } from '../secure/node-crypto.ts'
import type {
  DialOptions,
  Link,
  Listener,
  Transport,
  TransportComponents,
  TransportInit,
} from '../transport.ts'
import { WebSocketChannel } from '../websocket-channel.ts'
import { WebSocketTransport } from '../websocket-transport.ts'
import { ChunkedChannel } from './chunked-channel.ts'
import { controlLimits } from './control-limits.ts'
import { errorOfStatus } from './refuse-upgrade.ts'
import type { RelayAddress } from './relay-address.ts'
import { formatRelayAddress, parseRelayAddress } from './relay-address.ts'
import { RELAY_CHUNK_BYTES, RELAY_RETRY_MS_MAX, RELAY_RETRY_MS_MIN } from './relay-limits.ts'
import { RelayListener } from './relay-listener.ts'
import { dialPath } from './relay-paths.ts'
import { RelayRegistration } from './relay-registration.ts'
import { openRelaySocket } from './relay-socket.ts'

/** Collaborators of a {@link RelayTransport}. */
export interface RelayTransportComponents extends TransportComponents {
  readonly random: Random
}

/** Options of a {@link RelayTransport}. */
export interface RelayTransportInit extends TransportInit {
  /**
   * Who this side is: to its peers, and to the relay where it listens. What `formatKey` makes of a key is its holder's name
   * at a relay: letters and digits.
   */
  readonly security: LinkSecurityInit
  /** Key that the relay at `relay://host:port` has to prove before this node registers there. @default any */
  readonly relayKey?: (relay: string) => Uint8Array | undefined
  /** @default RELAY_RETRY_MS_MIN */
  readonly retryMsMin?: number
  /** @default RELAY_RETRY_MS_MAX */
  readonly retryMsMax?: number
}

/**
 * Links through a relay, to peers that nobody can connect to: sealed from end to end as all links between processes, so
 * that the relay passes on what it can't read. Listens at `relay://host:port`, the relay's address, and is dialed at
 * `relay://host:port/name`, where the name is that of its key. `relays://` is the same over TLS.
 */
export class RelayTransport implements Transport {
  readonly #components: RelayTransportComponents
  readonly #init: RelayTransportInit
  readonly #context: HandshakeContext
  readonly #security: LinkSecurity
  readonly #control: WebSocketTransport

  /** @throws InvalidValueError if the limits contradict each other. */
  constructor(components: RelayTransportComponents, init: RelayTransportInit) {
    this.#components = components
    this.#init = init
    this.#security = resolveLinkSecurity(init.security, nodeLinkCrypto)
    const { clock, log } = components
    const limits = resolveLimits(init.limits)
    const { self, protocols = PROTOCOLS_SPOKEN } = init
    this.#context = { clock, log, limits, self, protocols, security: this.#security }
    const { pingIntervalMs, livenessMsMax, handshakeMsMax } = limits
    this.#control = new WebSocketTransport(
      { clock, log },
      {
        self,
        security: init.security,
        limits: { ...controlLimits(), pingIntervalMs, livenessMsMax, handshakeMsMax },
      },
    )
  }

  async listen(address: string, onLink: (link: Link) => void): Promise<Listener> {
    const { limits } = this.#context
    const name = this.#security.formatKey(this.#security.identity.publicKey)
    const relay = parseRelayAddress(address)
    if (relay === undefined) throw new AddressUnusableError(address, 'write it as relay://host:port')
    if (relay.name !== undefined && relay.name !== name) {
      throw new AddressUnusableError(address, `the name there is not that of this node's key, ${name}`)
    }
    const links = new AcceptedLinks(this.#context, onLink)
    const listener = new RelayListener(
      { log: this.#context.log, links, limits },
      { address: formatRelayAddress(relay.relay, name), webSocket: relay.webSocket },
    )
    const registration = new RelayRegistration(
      { ...this.#components, connect: (signal) => this.#connect(relay, signal) },
      {
        relay: relay.relay,
        name,
        answerMsMax: limits.handshakeMsMax,
        retryMsMin: this.#init.retryMsMin ?? RELAY_RETRY_MS_MIN,
        retryMsMax: this.#init.retryMsMax ?? RELAY_RETRY_MS_MAX,
        onCall: (call) => listener.take(call),
      },
    )
    await registration.open()
    listener.keep(registration)
    return listener
  }

  async dial(address: string, options: DialOptions = {}): Promise<Link> {
    const { limits } = this.#context
    const relay = parseRelayAddress(address)
    if (relay?.name === undefined) {
      throw new DialFailedError(address, 'it is no relay://host:port/name address')
    }
    const socket = openRelaySocket(`${relay.webSocket}${dialPath(relay.name)}`)
    const refusal = whyRefused(socket, address)
    const channel = new ChunkedChannel(
      new WebSocketChannel(socket, { address, frameBytesMax: RELAY_CHUNK_BYTES }),
      { frameBytesMax: limits.frameBytesMax + SEAL_BYTES },
    )
    const opened = once(socket, 'open').then(
      () => undefined,
      () => undefined,
    )
    try {
      return await dialLink(channel, this.#context, { ...options, opened })
    } catch (cause) {
      throw refusal.error ?? cause
    }
  }

  #connect({ relay, webSocket }: RelayAddress, signal: AbortSignal): Promise<Link> {
    const expectPublicKey = this.#init.relayKey?.(relay)
    return this.#control.dial(webSocket, {
      signal,
      ...(expectPublicKey === undefined ? {} : { expectPublicKey }),
    })
  }
}

/** Learns why the relay doesn't open the socket, if it doesn't. */
function whyRefused(socket: WebSocket, address: string): { readonly error: ShardlineError | undefined } {
  const refusal: { error: ShardlineError | undefined } = { error: undefined }
  socket.once('unexpected-response', (_request, response) => {
    refusal.error = errorOfStatus(response.statusCode ?? 0, address)
    socket.terminate()
  })
  return refusal
}
