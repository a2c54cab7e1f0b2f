/** What is asked of a relay by opening a WebSocket. */
export type RelayAsk =
  /** The link over which a node registers. */
  | { readonly kind: 'control' }
  /** Somebody dials a node. */
  | { readonly kind: 'dial'; readonly name: string }
  /** A node takes a call. */
  | { readonly kind: 'take'; readonly call: string }

const DIAL = /^\/to\/([A-Za-z0-9]+)$/
const TAKE = /^\/take\/([0-9a-f]+)$/

/** Path of the request that dials a node. */
export const dialPath = (name: string): string => `/to/${name}`

/** Path of the request that takes a call. */
export const takePath = (call: string): string => `/take/${call}`

/** What a request's path asks for; undefined is nothing that a relay does. */
export function parseRelayPath(path: string): RelayAsk | undefined {
  if (path === '/') return { kind: 'control' }
  const name = DIAL.exec(path)?.[1]
  if (name !== undefined) return { kind: 'dial', name }
  const call = TAKE.exec(path)?.[1]
  return call === undefined ? undefined : { kind: 'take', call }
}
