import type { PartyId } from '@shardline/identity'
import { SignatureMissingError, signatureFromWords, verifyRequest } from '@shardline/identity'
import { assert, TokenBuckets } from '@shardline/core'
import type { FastifyRequest } from 'fastify'
import { MarketInputError, RateLimitedError } from '../errors.ts'
import type { App, HttpContext } from './app.ts'

const SIGNATURE_HEADERS = [
  'shardline-party',
  'shardline-time',
  'shardline-nonce',
  'shardline-signature',
] as const

/**
 * Lets only signed requests through to the routes that ask for a signature, and says who signed. What is sent without
 * the headers is refused before its body is read; the signature itself covers the body, so it's checked after.
 */
export function addAuthentication(app: App, context: HttpContext): void {
  const { settings, clock } = context
  const parties = new TokenBuckets({
    clock,
    perSecondMax: settings.partyRequestsPerSecondMax,
    burstSecondsMax: settings.rateBurstSecondsMax,
    namesMax: settings.rateEntriesMax,
  })
  app.decorateRequest('party', undefined)
  app.addHook('onRequest', async (request) => {
    if (!needsSignature(request)) return
    const headers = signatureHeaders(request)
    const missing = SIGNATURE_HEADERS.find((name) => headers[name] === undefined)
    if (missing !== undefined) throw new SignatureMissingError(missing)
  })
  app.addHook('preValidation', async (request) => {
    if (needsSignature(request)) request.party = await signedBy(request)
    if (request.is404) return
    refuseUnexpectedBody(request)
    refuseUnexpectedQuery(request)
  })
  const signedBy = async (request: FastifyRequest): Promise<PartyId> => {
    const party = await verifyRequest({
      headers: signatureHeaders(request),
      method: request.method,
      path: request.raw.url ?? '/',
      body: request.bodyBytes,
      audience: context.identity.id,
      clock,
      nonces: context.nonces,
    })
    const waitMs = parties.take(party)
    if (waitMs > 0) {
      throw new RateLimitedError('party', { perSecond: settings.partyRequestsPerSecondMax, waitMs })
    }
    return party
  }
}

/** Who signed a request to a route that only signed ones reach. */
export function signerOf(request: Pick<FastifyRequest, 'party'>): PartyId {
  assert(request.party !== undefined, 'a route for signed requests runs after the signature was checked')
  return request.party
}

/** Pages in a browser can't set headers of a WebSocket's upgrade: they sign in the name of a subprotocol. */
function signatureHeaders({ headers }: FastifyRequest): FastifyRequest['headers'] {
  const words = headers['sec-websocket-protocol']
  if (words === undefined || headers.upgrade === undefined) return headers
  return { ...headers, ...signatureFromWords(words) }
}

function needsSignature(request: FastifyRequest): boolean {
  const access = request.routeOptions.config.access ?? 'public'
  if (access === 'optional')
    return SIGNATURE_HEADERS.some((name) => signatureHeaders(request)[name] !== undefined)
  return access === 'signed'
}

/** Refuses a body where none is read: what nobody looks at can't be meant. */
function refuseUnexpectedBody(request: FastifyRequest): void {
  if (request.routeOptions.schema?.body !== undefined) return
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if ((length !== undefined && length !== '0') || encoding !== undefined) {
    throw new MarketInputError('body', 'not empty', 'empty for this request')
  }
}

function refuseUnexpectedQuery({ routeOptions, query }: FastifyRequest): void {
  if (routeOptions.schema?.querystring !== undefined) return
  if (Object.keys(query as object).length > 0) {
    throw new MarketInputError('querystring', 'not empty', 'empty for this request')
  }
}
