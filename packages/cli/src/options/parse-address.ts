import { isIP } from 'node:net'
import { InvalidArgumentError } from 'commander'

/** Where a role listens. */
export interface ListenAddress {
  readonly host: string
  /** 0 lets the system choose a free one. */
  readonly port: number
}

const LOOPBACK = '127.0.0.1'
/** A parsed address drops its scheme's own port, so that a given one must be looked for in the text. */
const PORT_AT_END = /:\d{1,5}\/?$/
/** A relay's own address. */
const RELAY = /^relays?:\/\/[^/?#@]+\/?$/
/** A node behind a relay, which calls it by its id. */
const RELAYED = /^relays?:\/\/[^/?#@]+\/(shard1[02-9ac-hj-np-z]{58})$/
/** The shape of an id; whether its checksum is right is found out when it is used. */
const PARTY_ID = /^shard1[02-9ac-hj-np-z]{58}$/

/** Parses `host:port`, `[::1]:port`, or a port alone, which means loopback. */
export function parseListen(text: string): ListenAddress {
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text.trim())
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new InvalidArgumentError(
      'Allowed is host:port with a port from 0 to 65535, or a port alone for loopback.',
    )
  }
  const host = match[1] ?? match[2] ?? ''
  return { host: host === '' ? LOOPBACK : host, port }
}

/**
 * Parses the address of a running node: `ws://host:port`, `host:port` for short, or a port alone for loopback, or
 * `relay://host:port/id` where it is reached through a relay. Behind a `#` it may have the id of who has to be there;
 * behind a relay that is whoever the relay is asked for, unless said otherwise.
 */
export function parseNodeAddress(text: string): string {
  const at = text.indexOf('#')
  const relayed = RELAYED.exec(text.trim())?.[1]
  if (relayed !== undefined) return `${text.trim()}#${relayed}`
  if (at < 0) return parseWhere(text.trim())
  const id = parsePartyId(text.slice(at + 1).trim())
  return `${parseWhere(text.slice(0, at).trim())}#${id}`
}

/**
 * Parses the address of a relay, `relay://host:port`, or `relays://` over TLS. Behind a `#` it may have the relay's id.
 */
export function parseRelay(text: string): string {
  const [where = '', id] = text.trim().split('#')
  if (!RELAY.test(where) || !URL.canParse(where)) {
    throw new InvalidArgumentError(
      `"${where}" is no relay; allowed is relay://host:port, and #id behind it, as the relay prints it.`,
    )
  }
  const relay = where.replace(/\/$/, '')
  return id === undefined ? relay : `${relay}#${parsePartyId(id.trim())}`
}

function parsePartyId(text: string): string {
  if (PARTY_ID.test(text)) return text
  throw new InvalidArgumentError(
    `"${text}" is no id; allowed is shard1 and 58 characters, as the node prints it.`,
  )
}

/** Adds one more id to those that were given before. */
export function collectPartyId(text: string, before: readonly string[]): readonly string[] {
  return [...before, parsePartyId(text.trim())]
}

function parseWhere(text: string): string {
  if (RELAYED.test(text)) return text
  const given = /^\d{1,5}$/.test(text) ? `${LOOPBACK}:${text}` : text
  const full = given.includes('://') ? given : `ws://${given}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (url === undefined || (url.protocol !== 'ws:' && url.protocol !== 'wss:') || !PORT_AT_END.test(given)) {
    throw new InvalidArgumentError(
      `"${given}" is no node address; allowed is ws://host:port, relay://host:port/id, or a port alone for loopback, and #id behind it.`,
    )
  }
  return full.replace(/\/$/, '')
}

/** Parses the addresses of the workers, in the order of their layers, separated by commas. */
export function parseNodeAddresses(text: string): readonly string[] {
  return text.split(',').map(parseNodeAddress)
}

/** Writes a listening address as peers dial it. */
export function formatListen(address: ListenAddress): string {
  const host = isIP(address.host) === 6 ? `[${address.host}]` : address.host
  return `ws://${host}:${address.port}`
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host === '::1' ||
    host === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
  )
}

/** Whether nodes at these addresses can only be on this machine. */
export function areOnThisMachine(addresses: readonly string[]): boolean {
  return addresses.every((address) => !address.startsWith('relay') && isLoopback(new URL(address).hostname))
}
