import { fastify } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { fromUnknown } from '@shardline/core'
import type { Clock, Log, ShardlineError } from '@shardline/core'
import { SOFTWARE } from '../cluster/node-name.ts'
import {
  STATUS_HEADER_BYTES_MAX,
  STATUS_HEADERS_MS_MAX,
  STATUS_KEEP_ALIVE_MS,
  STATUS_SOCKETS_MAX,
} from '../limits.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import { checkAccess } from './status-access.ts'
import type { RoleStatusDocument, StatusDocument } from './status-document.ts'
import { StatusAddressError, StatusHostError, StatusOriginError, StatusPathError } from './status-errors.ts'
import { metricsOf } from './status-metrics.ts'

type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger>

/** What a status server works with. */
export interface StatusComponents {
  readonly clock: Clock
  readonly log: Log
  /** What the roles of this process do now. */
  readonly roles: () => readonly RoleStatusDocument[]
}

/** A status on the network. */
export interface StatusServer extends AsyncDisposable {
  /** `http://host:port`. */
  readonly address: string
}

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
const CHECK_MS = 1_000

/**
 * Serves `GET /v1/status` and `GET /metrics` to programs. It shows ids, addresses, counts and times, nothing of any answer.
 *
 * @throws StatusAddressError if it can't listen there.
 */
export async function serveStatus(
  { clock, log, roles }: StatusComponents,
  { host, port }: ListenAddress,
): Promise<StatusServer> {
  const startedMs = clock.monotonic()
  const read = (): StatusDocument => ({
    version: 1,
    software: SOFTWARE,
    time_ms: clock.now(),
    up_ms: Math.round(clock.monotonic() - startedMs),
    resident_bytes: process.memoryUsage.rss(),
    roles: roles(),
  })
  const app = buildApp(host)
  app.get('/v1/status', (_request, reply) => reply.send(read()))
  app.get('/metrics', async (_request, reply) => {
    const { text, contentType } = await metricsOf(read())
    await reply.type(contentType).send(text)
  })
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    throw new StatusAddressError(`${host}:${port}`, cause)
  }
  const address = addressOf(app, host)
  log.info('status-serves', { address })
  return { address, [Symbol.asyncDispose]: () => app.close() }
}

function buildApp(host: string): App {
  const app: App = fastify({
    logger: false,
    bodyLimit: 1,
    http: {
      maxHeaderSize: STATUS_HEADER_BYTES_MAX,
      headersTimeout: STATUS_HEADERS_MS_MAX,
      connectionsCheckingInterval: CHECK_MS,
    },
    requestTimeout: STATUS_HEADERS_MS_MAX,
    keepAliveTimeout: STATUS_KEEP_ALIVE_MS,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
  })
  app.server.maxConnections = STATUS_SOCKETS_MAX
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    checkAccess(request.headers, host)
  })
  app.setNotFoundHandler(() => {
    throw new StatusPathError()
  })
  app.setErrorHandler(async (cause, _request, reply) => {
    const error = fromUnknown(cause)
    const { code, message } = error
    await reply.code(statusOf(error)).send({ error: { code, message } })
  })
  return app
}

function statusOf(error: ShardlineError): number {
  if (error instanceof StatusHostError || error instanceof StatusOriginError) return 403
  return error instanceof StatusPathError ? 404 : 500
}

function addressOf(app: App, host: string): string {
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
