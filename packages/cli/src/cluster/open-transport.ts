import type { Clock, Log, Random } from '@shardline/core'
import { partyId, publicKeyOf } from '@shardline/identity'
import { RelayTransport, WebSocketTransport } from '@shardline/wire'
import type { WebSocketTransportInit } from '@shardline/wire'
import { RoutedTransport } from './routed-transport.ts'

/** Collaborators of {@link openTransport}. */
export interface OpenTransportComponents {
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
}

/** Options of {@link openTransport}. */
export interface OpenTransportInit extends WebSocketTransportInit {
  /** Relays to listen at too, `relay://host:port`, with `#id` where it's said who they are. @default [] */
  readonly relays?: readonly string[]
  /** Whether it listens at the relays alone: then it is told the first of them as where to listen. @default false */
  readonly isRelayedOnly?: boolean
}

/** The transport of every process: dials whatever address a peer may have. */
export function openTransport(
  { clock, log, random }: OpenTransportComponents,
  init: OpenTransportInit,
): RoutedTransport {
  const { relays = [], isRelayedOnly = false, originsAllowed, ...common } = init
  const keys = new Map(relays.map((relay) => splitRelay(relay)))
  const addresses = [...keys.keys()]
  return new RoutedTransport({
    webSocket: new WebSocketTransport(
      { clock, log },
      { ...common, ...(originsAllowed === undefined ? {} : { originsAllowed }) },
    ),
    relay: new RelayTransport({ clock, log, random }, { ...common, relayKey: (relay) => keys.get(relay) }),
    alsoListen: isRelayedOnly ? addresses.slice(1) : addresses,
  })
}

/** The address of a relay without its id, and the key of that id. */
export function splitRelay(relay: string): readonly [address: string, key: Uint8Array | undefined] {
  const [address = '', id] = relay.split('#')
  return [address, id === undefined ? undefined : publicKeyOf(partyId(id))]
}
