/** Options of a {@link HandshakeGate}. */
export interface HandshakeGateInit {
  readonly openMax: number
  readonly perAddressMax: number
}

interface Place {
  readonly network: string
  readonly evict: () => void
}

/**
 * Counts who is in a handshake. It never says no: when too many are, all together or from one address, the oldest has to
 * go. Who is honest is done within a few round trips; who only holds a place becomes the oldest.
 */
export class HandshakeGate {
  readonly #init: HandshakeGateInit
  /** In order of arrival. */
  readonly #places = new Set<Place>()
  readonly #byNetwork = new Map<string, Set<Place>>()

  constructor(init: HandshakeGateInit) {
    this.#init = init
  }

  /** How many are in a handshake now. */
  get size(): number {
    return this.#places.size
  }

  /** Takes one in; `evict` cuts it. Returns what to call when its handshake is over, however; it may be called twice. */
  enter(host: string, evict: () => void): () => void {
    const network = networkOf(host)
    const neighbours = this.#byNetwork.get(network) ?? new Set<Place>()
    if (neighbours.size >= this.#init.perAddressMax) this.#evictOldest(neighbours)
    if (this.#places.size >= this.#init.openMax) this.#evictOldest(this.#places)
    const place: Place = { network, evict }
    this.#places.add(place)
    this.#byNetwork.set(network, neighbours.add(place))
    return () => this.#leave(place)
  }

  #evictOldest(places: ReadonlySet<Place>): void {
    for (const place of places) {
      this.#leave(place)
      place.evict()
      return
    }
  }

  #leave(place: Place): void {
    if (!this.#places.delete(place)) return
    const neighbours = this.#byNetwork.get(place.network)
    neighbours?.delete(place)
    if (neighbours?.size === 0) this.#byNetwork.delete(place.network)
  }
}

/** What one holder of addresses has at the least: an IPv4 address, or an IPv6 network of 64 bits. */
export function networkOf(host: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1]
  if (mapped !== undefined) return mapped
  if (!host.includes(':')) return host
  const [head = '', tail] = host.split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const tailGroups = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - tailGroups.length)
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...tailGroups]
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
