import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock, Log, Random, Service } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { acceptSocket } from '../accept-socket.ts'
import { AcceptedLinks } from '../accepted-links.ts'
import { MessageUnexpectedError, RelayReplacedError } from '../errors.ts'
import type { HandshakeContext } from '../handshake.ts'
import type { WireLimits } from '../limits.ts'
import { resolveLimits } from '../limits.ts'
import { LinkServer } from '../link-server.ts'
import type { RelayRegisterMessage } from '../messages/relay-register.ts'
import { PROTOCOLS_SPOKEN } from '../protocol.ts'
import type { LinkSecurityInit } from '../secure/link-security.ts'
import { resolveLinkSecurity } from '../secure/link-security.ts'
import { nodeLinkCrypto } from '../secure/node-crypto.ts'
import type { Link } from '../transport.ts'
import { formatAddress, parseListenAddress } from '../websocket-address.ts'
import { controlLimits } from './control-limits.ts'
import type { Registration } from './registrations.ts'
import { Registrations } from './registrations.ts'
import type { RelayLimits } from './relay-limits.ts'
import { RELAY_CHUNK_BYTES, resolveRelayLimits } from './relay-limits.ts'
import { parseRelayPath } from './relay-paths.ts'
import type { SwitchboardCounters, Upgrade } from './switchboard.ts'
import { Switchboard } from './switchboard.ts'

/** Collaborators of a {@link Relay}. */
export interface RelayComponents {
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
}

/** Options of a {@link Relay}. */
export interface RelayInit {
  /** Where it listens, `ws://host:port`; port 0 takes a free one. */
  readonly listen: string
  /** Id of this relay in handshakes. */
  readonly node: string
  /** Name and version of the software. */
  readonly software: string
  /**
   * Who the relay is, and who may register (`admit`). What `formatKey` makes of a key is the name of its holder: nodes have
   * to write it the same way.
   */
  readonly security: LinkSecurityInit
  /** @default {} */
  readonly limits?: Partial<RelayLimits>
  /** Limits of the links over which nodes register. @default {} */
  readonly linkLimits?: Partial<WireLimits>
}

/** What a relay has and did so far. */
export interface RelayCounters extends SwitchboardCounters {
  /** Nodes that can be dialed now. */
  readonly registrations: number
}

/**
 * Lets nodes be dialed that nobody can connect to. A node keeps one sealed link to its relay and is called over it; to take
 * a call it connects once more, and the relay passes bytes between the two connections. The peers shake hands and seal
 * over that as over any other: the relay reads who talks with whom and how much, and nothing of what they say.
 */
export class Relay implements Service {
  readonly #components: RelayComponents
  readonly #init: RelayInit
  readonly #limits: RelayLimits
  readonly #context: HandshakeContext & { readonly limits: WireLimits }
  readonly #registrations: Registrations
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: RELAY_CHUNK_BYTES,
    perMessageDeflate: false,
    autoPong: false,
    clientTracking: false,
  })
  readonly #server: LinkServer
  readonly #links: AcceptedLinks
  readonly #switchboard: Switchboard
  #address: string | undefined
  #stopping: Promise<void> | undefined

  /** @throws InvalidValueError if the limits contradict each other. */
  constructor(components: RelayComponents, init: RelayInit) {
    const { clock, log } = components
    this.#components = components
    this.#init = init
    this.#limits = resolveRelayLimits(init.limits)
    this.#context = {
      clock,
      log,
      limits: resolveLimits({
        ...controlLimits(),
        linksPerListenerMax: this.#limits.registrationsMax,
        ...init.linkLimits,
      }),
      self: { node: init.node, role: 'relay', software: init.software },
      protocols: PROTOCOLS_SPOKEN,
      security: resolveLinkSecurity(init.security, nodeLinkCrypto),
    }
    this.#registrations = new Registrations(this.#limits)
    const { registrationsMax, pipesMax } = this.#limits
    this.#server = new LinkServer(this.#context, { connectionsMax: registrationsMax + 2 * pipesMax })
    this.#links = new AcceptedLinks(this.#context, (link) => void this.#serve(link))
    this.#switchboard = new Switchboard(
      { ...components, registrations: this.#registrations, open: (upgrade) => this.#open(upgrade) },
      this.#limits,
    )
  }

  /** `relay://host:port`; undefined before `start`. */
  get address(): string | undefined {
    return this.#address
  }

  /** What it has and did so far. */
  get counters(): RelayCounters {
    return { registrations: this.#registrations.size, ...this.#switchboard.counters }
  }

  /** @throws AddressUnusableError if it can't listen. */
  async start(): Promise<void> {
    const { listen } = this.#init
    const wanted = parseListenAddress(listen)
    this.#server.http.on('upgrade', (request: IncomingMessage, stream: Socket, head: Buffer) =>
      this.#onUpgrade(request, stream, head),
    )
    await this.#server.listen(wanted, listen)
    this.#address = formatAddress({ host: wanted.host, port: this.#server.port }).replace('ws', 'relay')
    this.#components.log.info('relay-listening', { address: this.#address })
  }

  /** Takes no more calls, lets pipes end for a while, and closes. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const closed = this.#server.close()
    await this.#links.close('the relay is stopping')
    await this.#switchboard.close(this.#limits.stopMsMax)
    this.#server.cutRequests()
    await closed
    this.#components.log.info('relay-stopped', { relayedBytes: this.counters.relayedBytes })
  }

  #onUpgrade(request: IncomingMessage, stream: Socket, head: Buffer): void {
    const { remoteAddress = 'unknown', remotePort = 0 } = stream
    const upgrade: Upgrade = { request, stream, head, host: remoteAddress, port: remotePort }
    stream.setNoDelay(true)
    const ask = parseRelayPath(request.url ?? '')
    // A browser says which page it runs; a page must not reach a node on its visitor's machine.
    if (request.headers.origin !== undefined) this.#switchboard.refuse(upgrade, 'origin')
    else if (ask === undefined) this.#switchboard.refuse(upgrade, 'not-found')
    else if (ask.kind === 'dial') this.#switchboard.dial(upgrade, ask.name)
    else if (ask.kind === 'take') this.#switchboard.take(upgrade, ask.call)
    else this.#acceptControl(upgrade)
  }

  #acceptControl({ request, stream, head }: Upgrade): void {
    const { limits } = this.#context
    this.#sockets.handleUpgrade(request, stream, head, (socket) =>
      acceptSocket(socket, request, { links: this.#links, limits, server: this.#server }),
    )
  }

  /** A pipe has limits of its own: its ends are no handshakes any more. */
  #open({ request, stream, head }: Upgrade): Promise<WebSocket | undefined> {
    return new Promise((resolve) => {
      stream.once('close', () => resolve(undefined))
      this.#sockets.handleUpgrade(request, stream, head, (socket) => {
        this.#server.leaveGate(request.socket)
        resolve(socket)
      })
    })
  }

  async #serve(link: Link): Promise<void> {
    let registration: Registration | undefined
    const over = new AbortController()
    const { clock } = this.#components
    clock.sleep(this.#context.limits.handshakeMsMax, { signal: over.signal }).then(
      () => (registration === undefined ? link.close('it did not register') : undefined),
      () => undefined,
    )
    try {
      for await (const message of link.messages()) {
        if (message.kind !== 'relay-register')
          throw new MessageUnexpectedError(message.kind, 'relay-register')
        registration = this.#register(link, message)
      }
    } catch (cause) {
      const { code, message } = fromUnknown(cause)
      this.#components.log.warn('relay-link-lost', { peer: link.peer.node, code, reason: message })
      await link
        .send({ kind: 'error', code, message, request: null, pipeline: null, sessions: [], isFatal: true })
        .catch(() => undefined)
    }
    over.abort()
    if (registration !== undefined) this.#forget(registration)
    await link.close('over')
  }

  #register(link: Link, { request }: RelayRegisterMessage): Registration {
    const { publicKey } = link.peer
    const name = publicKey === undefined ? link.peer.node : this.#context.security?.formatKey(publicKey)
    const { added, replaced } = this.#registrations.add(name ?? link.peer.node, link)
    this.#components.log.info('relay-registered', { name: added.name, node: link.peer.node })
    link.send({ kind: 'relay-registered', request, name: added.name }).catch(() => undefined)
    if (replaced !== undefined && replaced.link !== link) void this.#dismiss(replaced)
    return added
  }

  async #dismiss({ name, link }: Registration): Promise<void> {
    const { code, message } = new RelayReplacedError(name)
    await link
      .send({ kind: 'error', code, message, request: null, pipeline: null, sessions: [], isFatal: true })
      .catch(() => undefined)
    await link.close(message)
  }

  #forget(registration: Registration): void {
    this.#registrations.remove(registration)
    this.#components.log.info('relay-unregistered', { name: registration.name })
  }
}
