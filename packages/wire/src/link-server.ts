import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { deferred } from './deferred.ts'
import { AddressUnusableError } from './errors.ts'
import type { HandshakeContext } from './handshake.ts'
import type { WireLimits } from './limits.ts'
import { REFUSALS_PENDING_MAX, REQUEST_HEADER_BYTES_MAX } from './limits.ts'
import { HandshakeGate } from './secure/handshake-gate.ts'
import { SilentConnections } from './silent-connections.ts'
import type { HostAndPort } from './websocket-address.ts'

/** Options of a {@link LinkServer}. */
export interface LinkServerInit {
  /** Connections that are no strangers' any more. */
  readonly connectionsMax: number
}

/**
 * Listens for WebSockets, and bounds the connections of those of whom it isn't known yet who they are: first those that ask
 * for nothing, and from their request to the end of their handshake those that do.
 */
export class LinkServer {
  /** Speaks with those who ask for something; whoever uses the server takes its upgrades. */
  readonly http: HttpServer
  readonly #door: Server
  readonly #silent: SilentConnections
  readonly #gate: HandshakeGate
  readonly #leaves = new WeakMap<Socket, () => void>()
  readonly #log: HandshakeContext['log']

  constructor(
    { clock, limits, log }: Pick<HandshakeContext, 'clock' | 'limits' | 'log'>,
    init: LinkServerInit,
  ) {
    this.#log = log
    this.http = httpServer(limits)
    this.#gate = new HandshakeGate({
      openMax: limits.handshakesOpenMax,
      perAddressMax: limits.handshakesPerAddressMax,
    })
    this.#silent = new SilentConnections(
      {
        clock,
        onAsked: (stream) => {
          this.#enterGate(stream)
          this.http.emit('connection', stream)
        },
      },
      { openMax: limits.silentOpenMax, msMax: limits.silentMsMax },
    )
    // As HTTP servers do it: who has said all of its request may still get the answer.
    this.#door = createServer({ allowHalfOpen: true }, (stream) => this.#silent.hold(stream))
    this.#door.maxConnections =
      init.connectionsMax + limits.silentOpenMax + limits.handshakesOpenMax + REFUSALS_PENDING_MAX
  }

  /** The port that it listens at; 0 before. */
  get port(): number {
    return (this.#door.address() as AddressInfo | null)?.port ?? 0
  }

  /** @throws AddressUnusableError */
  async listen({ host, port }: HostAndPort, address: string): Promise<void> {
    try {
      this.#door.listen({ host, port })
      await once(this.#door, 'listening')
    } catch (cause) {
      throw new AddressUnusableError(address, cause instanceof Error ? cause.message : String(cause), cause)
    }
    this.#door.on('error', ({ message }) => this.#log.error('listener-failed', { address, reason: message }))
    // It looks for requests that take too long from here on.
    this.http.emit('listening')
  }

  /** Says that it is known who is at the other end, or that others count this connection. */
  leaveGate(stream: Socket): void {
    this.#leaves.get(stream)?.()
  }

  /** Takes no more, and cuts all that ask for nothing. Resolves when all connections are gone; those of links are not cut here. */
  async close(): Promise<void> {
    const { promise, resolve } = deferred<void>()
    // Called back with an error when it was closed before, which is as good.
    this.#door.close(() => resolve())
    this.#silent.close()
    await promise
  }

  /** Cuts all that have not got further than HTTP. */
  cutRequests(): void {
    this.http.closeAllConnections()
    this.http.close()
  }

  #enterGate(stream: Socket): void {
    const address = stream.remoteAddress ?? 'unknown'
    const leave = this.#gate.enter(address, () => {
      this.#log.debug('handshake-evicted', { address, open: this.#gate.size })
      stream.destroy()
    })
    this.#leaves.set(stream, leave)
    stream.once('close', leave)
  }
}

/** A server that tells browsers that it is none, and waits for nobody longer than for a handshake. */
function httpServer({ handshakeMsMax }: WireLimits): HttpServer {
  const server = createHttpServer(
    { maxHeaderSize: REQUEST_HEADER_BYTES_MAX, connectionsCheckingInterval: handshakeMsMax },
    (_request, response) => {
      response
        .writeHead(426, { connection: 'close', upgrade: 'websocket' })
        .end('Shardline speaks WebSocket here.\n')
    },
  )
  server.timeout = handshakeMsMax
  server.headersTimeout = handshakeMsMax
  server.requestTimeout = handshakeMsMax
  return server
}
