import type { PartyId } from '@shardline/identity'
import { DriverConnection } from '../driver-connection.ts'
import type { ClientLimits, DriverConnectionComponents } from '../driver-connection.ts'

/** Options of {@link DriverLinks}. */
export interface DriverLinksInit {
  /** Links that are kept; those in use count, but are never closed for another. */
  readonly linksMax: number
  readonly limits: ClientLimits
  /** Who may sign tokens; undefined: whoever a driver names. */
  readonly validators: readonly PartyId[] | undefined
}

/** A link that is in use until it is given back. */
export interface UsedLink extends Disposable {
  readonly connection: DriverConnection
}

interface Kept {
  readonly connection: DriverConnection
  users: number
  opening: Promise<void> | undefined
}

/** Links to the drivers of a market, shared by all asks, the idle ones kept for the next. */
export class DriverLinks implements AsyncDisposable {
  readonly #components: DriverConnectionComponents
  readonly #init: DriverLinksInit
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept>()

  constructor(components: DriverConnectionComponents, init: DriverLinksInit) {
    this.#components = components
    this.#init = init
  }

  /** Asks that are open at a driver. */
  openAt(driver: PartyId): number {
    return [...this.#kept].reduce((sum, [key, { users }]) => sum + (key.startsWith(driver) ? users : 0), 0)
  }

  /**
   * A link to a driver that stands now. Give it back with `dispose`.
   *
   * @throws as connectDriver.
   */
  async use(driver: PartyId, address: string): Promise<UsedLink> {
    const key = `${driver} ${address}`
    const kept = this.#kept.get(key) ?? this.#make(driver, address)
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    kept.users += 1
    const giveBack = (): void => {
      kept.users -= 1
      this.#trim()
    }
    try {
      if (!kept.connection.isLinked) await (kept.opening ??= this.#open(kept))
    } catch (cause) {
      giveBack()
      throw cause
    }
    let isGivenBack = false
    return {
      connection: kept.connection,
      [Symbol.dispose]: () => {
        if (!isGivenBack) giveBack()
        isGivenBack = true
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#kept.values()]
    this.#kept.clear()
    await Promise.all(all.map(({ connection }) => connection[Symbol.asyncDispose]()))
  }

  #make(driver: PartyId, address: string): Kept {
    const { limits, validators } = this.#init
    const target = { driver, addresses: [address], validators, limits }
    return { connection: new DriverConnection(this.#components, target), users: 0, opening: undefined }
  }

  async #open(kept: Kept): Promise<void> {
    try {
      await kept.connection.open(undefined)
    } finally {
      kept.opening = undefined
    }
  }

  #trim(): void {
    for (const [key, { connection, users }] of this.#kept) {
      if (this.#kept.size <= this.#init.linksMax) return
      if (users > 0) continue
      this.#kept.delete(key)
      connection[Symbol.asyncDispose]().catch(() => undefined)
    }
  }
}
