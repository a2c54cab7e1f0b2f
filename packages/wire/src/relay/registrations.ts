import { RelayBusyError } from '../errors.ts'
import { networkOf } from '../secure/handshake-gate.ts'
import type { Link } from '../transport.ts'
import type { RelayLimits } from './relay-limits.ts'
import type { RelayPipe } from './relay-pipe.ts'

/** A node that can be dialed, and what its relay does for it. */
export class Registration {
  readonly name: string
  readonly link: Link
  readonly network: string
  readonly pipes: Set<RelayPipe> = new Set()
  /** Calls that it has yet to take. */
  callsWaiting: number = 0

  constructor(name: string, link: Link) {
    this.name = name
    this.link = link
    this.network = networkOf(link.peer.address.replace(/:\d+$/, ''))
  }
}

/** Who is registered at a relay: one link per name, the newest. */
export class Registrations {
  readonly #limits: RelayLimits
  readonly #byName = new Map<string, Registration>()
  readonly #countByNetwork = new Map<string, number>()

  constructor(limits: RelayLimits) {
    this.#limits = limits
  }

  /** How many there are. */
  get size(): number {
    return this.#byName.size
  }

  /** Who has this name. */
  get(name: string): Registration | undefined {
    return this.#byName.get(name)
  }

  /**
   * Registers a link under the name of its proved key. Returns it, and the one that it replaces: a node that restarts
   * comes back before its old link is known to be dead.
   *
   * @throws RelayBusyError
   */
  add(
    name: string,
    link: Link,
  ): { readonly added: Registration; readonly replaced: Registration | undefined } {
    const added = new Registration(name, link)
    const replaced = this.#byName.get(name)
    this.#checkRoom(added, replaced)
    if (replaced !== undefined) this.remove(replaced)
    this.#byName.set(name, added)
    this.#countByNetwork.set(added.network, (this.#countByNetwork.get(added.network) ?? 0) + 1)
    return { added, replaced }
  }

  /** Takes a registration out, unless a newer one has its name. */
  remove(registration: Registration): void {
    const { name, network } = registration
    if (this.#byName.get(name) !== registration) return
    this.#byName.delete(name)
    const neighbours = (this.#countByNetwork.get(network) ?? 1) - 1
    if (neighbours > 0) this.#countByNetwork.set(network, neighbours)
    else this.#countByNetwork.delete(network)
  }

  #checkRoom({ name, network }: Registration, replaced: Registration | undefined): void {
    const { registrationsMax, registrationsPerAddressMax } = this.#limits
    if (replaced === undefined && this.size >= registrationsMax) {
      throw new RelayBusyError(name, `it has ${registrationsMax} nodes, its limit`)
    }
    const neighbours = this.#countByNetwork.get(network) ?? 0
    if (replaced?.network !== network && neighbours >= registrationsPerAddressMax) {
      throw new RelayBusyError(name, `it has ${registrationsPerAddressMax} nodes of that address, its limit`)
    }
  }
}
