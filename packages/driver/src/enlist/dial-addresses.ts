import { isIP } from 'node:net'
import { isRelayAddress, parseRelayAddress } from '@shardline/wire'

/** `host:port`, as listeners write where a peer comes from; an IPv6 host stands without brackets. */
const HOST_AND_PORT = /^(.+):\d{1,5}$/
/** A parsed address drops its scheme's own port, so that a given one is looked for in the text. */
const PORT_AT_END = /:\d{1,5}\/?$/
/** Hosts that say where to listen, and not where to dial. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '[::]'])

/**
 * The addresses at which a node can be dialed: those that it tells, where a host that means every address of its machine
 * stands for the one that it was seen to come from. What is no address, and what can't be dialed, is left out.
 */
export function dialAddresses(told: readonly string[], seenFrom: string): readonly string[] {
  const host = hostOf(seenFrom)
  return [...new Set(told.flatMap((address) => dialable(address, host) ?? []))]
}

function dialable(address: string, seenHost: string | undefined): string | undefined {
  if (isRelayAddress(address)) return parseRelayAddress(address)?.name === undefined ? undefined : address
  if (address.startsWith('memory:')) return address
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^wss?:$/.test(url.protocol) || !PORT_AT_END.test(address)) return undefined
  const where = address.replace(/\/$/, '')
  if (!EVERYWHERE.has(url.hostname)) return where
  return seenHost === undefined ? undefined : where.replace(url.hostname, seenHost)
}

function hostOf(seenFrom: string): string | undefined {
  const host = HOST_AND_PORT.exec(seenFrom)?.[1]?.replace(/^::ffff:/i, '')
  if (host === undefined) return undefined
  const kind = isIP(host.replace(/%.*$/, ''))
  if (kind === 0) return undefined
  return kind === 6 ? `[${host}]` : host
}
