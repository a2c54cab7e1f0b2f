import { TokenBuckets } from '@shardline/core'
import { RateLimitedError, UrlTooLongError } from '../errors.ts'
import type { App, HttpContext } from './app.ts'

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}
const ALLOWED_METHODS = 'GET, POST, PUT, DELETE'
const ALLOWED_HEADERS = 'content-type, shardline-party, shardline-time, shardline-nonce, shardline-signature'
const PREFLIGHT_SECONDS = '600'
/** Asked for by machines that keep the service alive: it must answer while everything else is refused. */
const UNLIMITED_PATH = '/healthz'

/** Adds what every answer carries and every request has to pass first: headers, length of the address, rate of its sender. */
export function addSecurity(app: App, { settings, clock }: HttpContext): void {
  const addresses = new TokenBuckets({
    clock,
    perSecondMax: settings.addressRequestsPerSecondMax,
    burstSecondsMax: settings.rateBurstSecondsMax,
    namesMax: settings.rateEntriesMax,
  })
  const allowed = new Set(settings.allowedOrigins)
  const isAllowed = (origin: string | undefined): origin is string =>
    origin !== undefined && (allowed.has('*') || allowed.has(origin))
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    const { origin } = request.headers
    if (allowed.size > 0) reply.header('vary', 'origin')
    if (isAllowed(origin)) reply.header('access-control-allow-origin', origin)
    const url = request.raw.url ?? ''
    if (url.length > settings.urlCharsMax) throw new UrlTooLongError(settings.urlCharsMax)
    if (url !== UNLIMITED_PATH) {
      const waitMs = addresses.take(request.ip)
      if (waitMs > 0) {
        throw new RateLimitedError('address', { perSecond: settings.addressRequestsPerSecondMax, waitMs })
      }
    }
    if (request.method === 'OPTIONS' && isAllowed(origin)) {
      await reply
        .code(204)
        .headers({
          'access-control-allow-methods': ALLOWED_METHODS,
          'access-control-allow-headers': ALLOWED_HEADERS,
          'access-control-max-age': PREFLIGHT_SECONDS,
        })
        .send()
    }
  })
}
