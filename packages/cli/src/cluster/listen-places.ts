import { formatListen, isLoopback } from '../options/parse-address.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import { splitRelay } from './open-transport.ts'

/** Where a process is told to listen. */
export interface ListenPlacesInit {
  /** Undefined: where relays are given, only there; else at `portDefault` of this machine. */
  readonly listen: ListenAddress | undefined
  readonly relay: readonly string[]
  readonly portDefault: number
}

/** The same, as a transport takes it. */
export interface ListenPlaces {
  /** What the transport is told to listen at. */
  readonly listen: string
  /** Whether that is a relay, and nothing else is listened at. */
  readonly isRelayedOnly: boolean
  /** Whether other computers reach it. */
  readonly isReachable: boolean
}

/** Decides where a process listens. */
export function listenPlaces({ listen, relay, portDefault }: ListenPlacesInit): ListenPlaces {
  const [first] = relay
  if (listen === undefined && first !== undefined) {
    return { listen: splitRelay(first)[0], isRelayedOnly: true, isReachable: true }
  }
  const place = listen ?? { host: '127.0.0.1', port: portDefault }
  const isReachable = first !== undefined || !isLoopback(place.host)
  return { listen: formatListen(place), isRelayedOnly: false, isReachable }
}
