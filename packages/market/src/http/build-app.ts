import { fastifyWebsocket } from '@fastify/websocket'
import { fastify } from 'fastify'
import { MarketClosedError } from '../errors.ts'
import type { App, HttpContext } from './app.ts'
import { addAuthentication } from './authenticate.ts'
import type { EventHub } from './event-hub.ts'
import { addFailures, answerClientError, answerFailure } from './failures.ts'
import { addOpenApi } from './openapi.ts'
import { readBody } from './read-body.ts'
import { addDriverKeyRoutes } from './routes/driver-key-routes.ts'
import { addDriverRoutes } from './routes/driver-routes.ts'
import { addEventRoutes } from './routes/event-routes.ts'
import { addHealthRoutes } from './routes/health-routes.ts'
import { addLogRoutes } from './routes/log-routes.ts'
import { addMarketRoutes } from './routes/market-routes.ts'
import { addMoneyRoutes } from './routes/money-routes.ts'
import { addNodeRoutes } from './routes/node-routes.ts'
import { addPriceRoutes } from './routes/price-routes.ts'
import { addReceiptRoutes } from './routes/receipt-routes.ts'
import { addRequestRoutes } from './routes/request-routes.ts'
import { addUserRoutes } from './routes/user-routes.ts'
import { addSecurity } from './security.ts'
import { validatorCompiler } from './validate.ts'

const PARAMETER_CHARS_MAX = 128
/** A subscriber has nothing to say. */
const SUBSCRIBER_MESSAGE_BYTES_MAX = 1_024
const CHECK_MS = 1_000

/** What an app is built from. */
export interface AppInit {
  readonly context: HttpContext
  readonly hub: EventHub
  /** Whether no further requests are taken. */
  readonly isClosing: () => boolean
}

/** Builds the service with all its routes; it listens when it's told to. */
export async function buildApp({ context, hub, isClosing }: AppInit): Promise<App> {
  const app = createApp(context)
  app.server.maxConnections = context.settings.socketsMax
  app.setValidatorCompiler(validatorCompiler)
  addObservation(app, context)
  addFailures(app, context)
  addSecurity(app, context)
  addClosing(app, isClosing)
  addBodyParser(app, context)
  addAuthentication(app, context)
  await addOpenApi(app)
  await app.register(fastifyWebsocket, {
    options: { maxPayload: SUBSCRIBER_MESSAGE_BYTES_MAX },
    errorHandler: (_error, socket) => socket.terminate(),
  })
  // Routes come after the plugins have been loaded: both look at each route that is added.
  await app.register((routes: App, _options, done) => {
    addRoutes(routes, { context, hub })
    done()
  })
  await app.ready()
  return app
}

function createApp(context: HttpContext): App {
  const { settings } = context
  return fastify({
    logger: false,
    bodyLimit: settings.bodyBytesMax,
    trustProxy: settings.trustedProxies.length === 0 ? false : [...settings.trustedProxies],
    http: {
      maxHeaderSize: settings.headerBytesMax,
      headersTimeout: settings.headersMsMax,
      connectionsCheckingInterval: CHECK_MS,
    },
    requestTimeout: settings.requestMsMax,
    keepAliveTimeout: settings.keepAliveMs,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAMETER_CHARS_MAX },
    frameworkErrors: (cause, request, reply) => answerFailure(context, { cause, request, reply }),
    clientErrorHandler: (cause, socket) => answerClientError(context, cause, socket),
  })
}

function addRoutes(app: App, { context, hub }: Pick<AppInit, 'context' | 'hub'>): void {
  addMarketRoutes(app, context)
  addPriceRoutes(app, context)
  addNodeRoutes(app, context)
  addMoneyRoutes(app, context)
  addRequestRoutes(app, context)
  addReceiptRoutes(app, context)
  addUserRoutes(app, context)
  addDriverRoutes(app, context)
  addDriverKeyRoutes(app, context)
  addLogRoutes(app, context)
  addEventRoutes(app, context, hub)
  addHealthRoutes(app, context)
}

/** Who asks while the server closes is told to go elsewhere; who was in time gets an answer that ends its connection. */
function addClosing(app: App, isClosing: () => boolean): void {
  app.addHook('onRequest', async () => {
    if (isClosing()) throw new MarketClosedError()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing()) reply.header('connection', 'close')
  })
}

function addBodyParser(app: App, { settings }: HttpContext): void {
  app.decorateRequest('bodyBytes', undefined)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    request.bodyBytes = bytes
    try {
      done(null, readBody(bytes, settings.jsonDepthMax))
    } catch (cause) {
      done(cause as Error)
    }
  })
}

function addObservation(app: App, { metrics, log, clock }: HttpContext): void {
  const startedAtMs = new WeakMap<object, number>()
  app.addHook('onRequest', async (request) => {
    startedAtMs.set(request, clock.monotonic())
  })
  app.addHook('onResponse', async (request, reply) => {
    const ms = clock.monotonic() - (startedAtMs.get(request) ?? clock.monotonic())
    const route = request.routeOptions.url ?? 'none'
    const { method } = request
    metrics.observeHttp({ method, route, status: reply.statusCode, seconds: ms / 1000 })
    log.debug('request', { method, route, status: reply.statusCode, ms })
  })
}
