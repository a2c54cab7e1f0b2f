import { TokenBuckets } from '@shardline/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayClosingError, GatewayRateLimitedError, GatewayUrlTooLongError } from '../gateway-errors.ts'
import { checkHost, checkKey, checkOrigin } from './access.ts'
import type { App, GatewayContext } from './app.ts'
import { clientOf } from './client-of.ts'
import { onClose } from './on-close.ts'

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
const SHOWN_HEADERS =
  'retry-after, x-request-id, x-shardline-billed, x-shardline-driver, x-shardline-error, x-shardline-price, x-shardline-request, x-shardline-validator'
const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-max-age': '600',
}

/** Adds what every request has to pass before its body is read: host, origin, rate, key; and what every reply carries. */
export function addSecurity(app: App, context: GatewayContext, isClosing: () => boolean): void {
  const { settings, clock, random } = context
  const rates = new TokenBuckets({
    clock,
    perSecondMax: settings.clientRequestsPerSecondMax,
    burstSecondsMax: settings.rateBurstSecondsMax,
    namesMax: settings.clientsRememberedMax,
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    reply.header('x-request-id', `req_${Buffer.from(random.bytes(12)).toString('hex')}`)
    if (isClosing()) {
      reply.header('connection', 'close')
      throw new GatewayClosingError()
    }
    checkHost(request.headers, settings)
    const origin = checkOrigin(request.headers, settings)
    if (origin !== undefined) allowOrigin(reply, origin)
    const waitMs = rates.take(clientOf(request.ip))
    if (waitMs > 0) throw new GatewayRateLimitedError(settings.clientRequestsPerSecondMax, waitMs)
    if ((request.raw.url ?? '').length > settings.urlCharsMax)
      throw new GatewayUrlTooLongError(settings.urlCharsMax)
    if (request.method === 'OPTIONS' && origin !== undefined) return answerPreflight(request, reply)
    checkKey(request.headers, settings)
    // Before the body is read: what is being sent counts too.
    if (request.method === 'POST') takeSlot(context, request, reply)
    return undefined
  })
}

function takeSlot({ slots, settings }: GatewayContext, request: FastifyRequest, reply: FastifyReply): void {
  const announced = Number(request.headers['content-length'] ?? settings.bodyBytesMax)
  onClose(reply.raw, slots.take(clientOf(request.ip), Math.min(announced, settings.bodyBytesMax)))
}

function allowOrigin(reply: FastifyReply, origin: string): void {
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': SHOWN_HEADERS,
    vary: 'origin',
  })
}

async function answerPreflight(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { 'access-control-request-headers': asked, 'access-control-request-private-network': isPrivate } =
    request.headers
  reply.headers(PREFLIGHT_HEADERS)
  // Clients name headers of their own, such as x-stainless-os; who may come may bring them.
  if (asked !== undefined) reply.header('access-control-allow-headers', asked)
  if (isPrivate === 'true') reply.header('access-control-allow-private-network', 'true')
  await reply.code(204).send()
}
