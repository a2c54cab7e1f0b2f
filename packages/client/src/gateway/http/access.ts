import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { GatewayHostError, GatewayKeyWrongError, GatewayOriginError } from '../gateway-errors.ts'
import type { GatewaySettings } from '../gateway-settings.ts'

type Headers = FastifyRequest['headers']

/** Values of `Sec-Fetch-Site` that no page of another origin sends. */
const OWN_SITES: readonly (string | undefined)[] = [undefined, 'none', 'same-origin']

/** Whether only programs of this machine can connect to a server that listens on `host`. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

/**
 * Refuses a request for a host name that isn't the gateway's. A hostile page can make its own name lead to this machine
 * (DNS rebinding), and would then be of the same origin; it can't do so with an IP address or `localhost`.
 *
 * @throws GatewayHostError
 */
export function checkHost(headers: Headers, { allowedHosts }: GatewaySettings): void {
  const given = headers.host ?? ''
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(given)
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase()
  const isKnown =
    isIP(name) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    allowedHosts.some((host) => host.toLowerCase() === name)
  if (!isKnown) throw new GatewayHostError()
}

/**
 * Refuses what a browser sends for a page of an origin that isn't allowed; programs send no origin. Gives the origin of
 * an allowed page.
 *
 * @throws GatewayOriginError
 */
export function checkOrigin(headers: Headers, { allowedOrigins }: GatewaySettings): string | undefined {
  const { origin } = headers
  if (origin === undefined) {
    const site = headers['sec-fetch-site']
    // A page can make requests without an origin, such as for an image; the browser still says that it did.
    if (typeof site === 'string' && !OWN_SITES.includes(site)) throw new GatewayOriginError()
    return undefined
  }
  if (!allowedOrigins.includes(origin)) throw new GatewayOriginError()
  return origin
}

/**
 * Refuses a request without the access key, if there is one. Takes the same time wherever a wrong key differs.
 *
 * @throws GatewayKeyWrongError
 */
export function checkKey(headers: Headers, { accessKey }: GatewaySettings): void {
  if (accessKey === undefined) return
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
  if (given === undefined) throw new GatewayKeyWrongError(false)
  if (!timingSafeEqual(digest(given.trim()), digest(accessKey))) throw new GatewayKeyWrongError(true)
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
