import { RELAY_NAME_CHARS_MAX } from './relay-limits.ts'

/** A relay, and a node behind it. */
export interface RelayAddress {
  /** Address of the relay itself: `relay://host:port`, or `relays://host:port` behind TLS. */
  readonly relay: string
  /** The same as a WebSocket: `ws://host:port` or `wss://host:port`. */
  readonly webSocket: string
  /** Name of the node; undefined is the relay's own address. */
  readonly name: string | undefined
}

/** Whether an address leads through a relay. */
export function isRelayAddress(address: string): boolean {
  return /^relays?:/i.test(address)
}

/** Reads `relay://host:port`, `relay://host:port/name`, and the same with `relays://`; undefined if it is none. */
export function parseRelayAddress(address: string): RelayAddress | undefined {
  if (!/^relays?:\/\/[^/]/i.test(address) || /[?#@]/.test(address)) return undefined
  const asWebSocket = address.replace(/^relay/i, 'ws')
  const url = URL.canParse(asWebSocket) ? new URL(asWebSocket) : undefined
  if (url === undefined || url.host === '') return undefined
  const name = url.pathname.slice(1)
  if (name !== '' && !isRelayName(name)) return undefined
  const webSocket = `${url.protocol}//${url.host}`
  return {
    relay: webSocket.replace('ws', 'relay'),
    webSocket,
    name: name === '' ? undefined : name,
  }
}

/** Writes the address under which a node is dialed through `relay`. */
export function formatRelayAddress(relay: string, name: string): string {
  return `${relay}/${name}`
}

/** Whether a text can be a node's name at a relay: ids and hexadecimal can. */
export function isRelayName(text: string): boolean {
  return /^[A-Za-z0-9]+$/.test(text) && text.length <= RELAY_NAME_CHARS_MAX
}
