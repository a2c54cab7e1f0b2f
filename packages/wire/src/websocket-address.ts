import { AddressUnusableError } from './errors.ts'

/** Host and port to listen on. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/**
 * Reads `ws://host:port`; port 0 takes a free one, an IPv6 host stands in brackets.
 *
 * @throws AddressUnusableError if the address is anything else.
 */
export function parseListenAddress(address: string): HostAndPort {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'ws:' || url.hostname === '') {
    throw new AddressUnusableError(address, 'write it as ws://host:port')
  }
  return { host: url.hostname.replace(/^\[(.*)\]$/u, '$1'), port: url.port === '' ? 80 : Number(url.port) }
}

/** Writes an address that {@link parseListenAddress} reads. */
export function formatAddress({ host, port }: HostAndPort): string {
  return `ws://${host.includes(':') ? `[${host}]` : host}:${port}`
}
