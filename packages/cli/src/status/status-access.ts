import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { StatusHostError, StatusOriginError } from './status-errors.ts'

type Headers = FastifyRequest['headers']

/** Values of `Sec-Fetch-Site` that no page of another origin sends. */
const OWN_SITES: readonly (string | undefined)[] = [undefined, 'none', 'same-origin']

/**
 * Refuses what a page of another origin asks for, and requests for a host name that isn't the server's: a hostile page can
 * make its own name lead to this machine (DNS rebinding), but no IP address and not `localhost`.
 *
 * @param ownHost what it was told to listen on.
 * @throws StatusHostError, StatusOriginError.
 */
export function checkAccess(headers: Headers, ownHost: string): void {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(headers.host ?? '')
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase()
  const isKnown =
    isIP(name) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    (name !== '' && name === ownHost.toLowerCase())
  if (!isKnown) throw new StatusHostError()
  const site = headers['sec-fetch-site']
  const isForeign = typeof site === 'string' && !OWN_SITES.includes(site)
  // No page has any business here, so that no origin is allowed.
  if (headers.origin !== undefined || isForeign) throw new StatusOriginError()
}
