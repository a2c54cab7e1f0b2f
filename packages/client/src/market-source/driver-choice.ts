import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, ShardlineError } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { Transport } from '@shardline/wire'
import type { OfferedModel } from '../answer-source.ts'
import type { MarketClient, PricedDriver } from '../market/market-client.ts'
import type { DriverFilters } from '../market/market-driver.ts'
import { DRIVERS_MEASURED_MAX } from '../market/market-limits.ts'
import type { MarketPrice } from '../market/market-price.ts'
import { measureLatencies } from '../market/measure-latency.ts'
import type { DriverLinks, UsedLink } from './driver-links.ts'
import { driverMerit } from './driver-merit.ts'
import { raceAbort } from './race-abort.ts'
import { DriverMissingError, MarketModelUnknownError } from './source-errors.ts'
import type { MarketSourceSettings } from './source-settings.ts'

/** What a {@link DriverChoice} works with. */
export interface DriverChoiceComponents {
  readonly market: Pick<MarketClient, 'prices' | 'drivers'>
  readonly transport: Pick<Transport, 'dial'>
  readonly links: DriverLinks
  readonly clock: Clock
  readonly log: Log
}

/** Options of a {@link DriverChoice}. */
export interface DriverChoiceInit {
  readonly filters: DriverFilters
  readonly settings: MarketSourceSettings
}

/** A driver that can be asked now: its link stands, and it offers the model. */
export interface ChosenDriver {
  readonly driver: PricedDriver
  readonly link: UsedLink
  /** The model as the driver itself offers it. */
  readonly offered: OfferedModel
}

/** What the next driver has to be. */
export interface NextDriver {
  /** Drivers that are asked only if there is no other. */
  readonly last?: ReadonlySet<PartyId>
  /** Where the numbers come out the same as in the run before: digest of the model, and numeric class. */
  readonly same?: { readonly digest: string; readonly numericClass: string } | undefined
  readonly signal: AbortSignal
}

type Listed = Omit<PricedDriver, 'address'> & { readonly address: string }

/** Which driver is asked: the best by {@link driverMerit} of those that match the filters, and can be reached. */
export class DriverChoice {
  readonly #components: DriverChoiceComponents
  readonly #init: DriverChoiceInit
  readonly #listings = new Map<string, Fresh<readonly Listed[]>>()
  readonly #latencies = new Map<PartyId, { readonly atMs: Milliseconds; readonly ms: Milliseconds }>()
  readonly #failedAtMs = new Map<PartyId, Milliseconds>()
  #prices: Fresh<readonly MarketPrice[]> | undefined

  constructor(components: DriverChoiceComponents, init: DriverChoiceInit) {
    this.#components = components
    this.#init = init
  }

  /** Prices of all models, at most as old as the settings allow. */
  prices(): Promise<readonly MarketPrice[]> {
    this.#prices = this.#fresh(this.#prices, () => this.#components.market.prices())
    return this.#prices.value
  }

  /**
   * The market's id of a model: the id itself, or its part before the slash if that is of one model alone; null takes
   * the market's only model.
   *
   * @throws MarketModelUnknownError
   */
  async modelId(given: string | null): Promise<string> {
    const models = (await this.prices()).map(({ model }) => model)
    if (given !== null && models.includes(given)) return given
    const meant = given === null ? models : models.filter((model) => model.startsWith(`${given}/`))
    const [only] = meant
    if (only === undefined || meant.length > 1) throw new MarketModelUnknownError(given, models)
    return only
  }

  /**
   * The best driver that can be reached. Those that failed lately come last.
   *
   * @throws DriverMissingError if none can; what the last that was tried failed with; what the market client throws.
   */
  async next(model: string, { last, same, signal }: NextDriver): Promise<ChosenDriver> {
    const listed = await raceAbort(this.#listed(model), signal)
    const fitting = listed.filter((driver) => same === undefined || driver.numericClass === same.numericClass)
    let failure: ShardlineError | undefined
    for (const driver of this.#inOrder(fitting, last)) {
      try {
        const chosen = await this.#reach(driver, { model, signal })
        if (same === undefined || chosen.offered.digest === same.digest) return chosen
        chosen.link[Symbol.dispose]()
      } catch (cause) {
        failure = fromUnknown(cause)
        if (failure instanceof AbortedError && signal.aborted) throw failure
        this.failed(driver.driver, failure)
      }
    }
    this.#listings.delete(model)
    throw failure ?? new DriverMissingError(model, Object.keys(this.#init.filters))
  }

  /** A driver let somebody down: it comes last for a while. */
  failed(driver: PartyId, error: ShardlineError): void {
    const { clock, log } = this.#components
    this.#failedAtMs.set(driver, clock.monotonic())
    log.info('driver-failed', { driver, code: error.code })
  }

  #inOrder(drivers: readonly Listed[], last: ReadonlySet<PartyId> | undefined): readonly Listed[] {
    const { links } = this.#components
    const { latencyHalfMs } = this.#init.settings
    const judged = drivers.map((driver) => ({
      driver,
      isLast: last?.has(driver.driver) === true || this.#hasFailed(driver.driver),
      merit: driverMerit({ driver, open: links.openAt(driver.driver), latencyHalfMs }),
    }))
    return judged
      .toSorted((a, b) => Number(a.isLast) - Number(b.isLast) || b.merit - a.merit)
      .map(({ driver }) => driver)
  }

  #hasFailed(driver: PartyId): boolean {
    const atMs = this.#failedAtMs.get(driver)
    if (atMs === undefined) return false
    if (this.#components.clock.monotonic() - atMs < this.#init.settings.driverFailedMs) return true
    this.#failedAtMs.delete(driver)
    return false
  }

  async #reach(
    driver: Listed,
    { model, signal }: { readonly model: string; readonly signal: AbortSignal },
  ): Promise<ChosenDriver> {
    const using = this.#components.links.use(driver.driver, driver.address)
    // Who gives up must not keep the link.
    using.then((link) => signal.aborted && link[Symbol.dispose]()).catch(() => undefined)
    const link = await raceAbort(using, signal)
    try {
      const offered = offeredAs(model, await raceAbort(link.connection.models(), signal))
      if (offered !== undefined) return { driver, link, offered }
    } catch (cause) {
      link[Symbol.dispose]()
      throw cause
    }
    link[Symbol.dispose]()
    throw new DriverMissingError(model, Object.keys(this.#init.filters))
  }

  #listed(model: string): Promise<readonly Listed[]> {
    const listing = this.#fresh(this.#listings.get(model), () => this.#list(model))
    this.#listings.set(model, listing)
    return listing.value
  }

  async #list(model: string): Promise<readonly Listed[]> {
    const { market } = this.#components
    const { filters } = this.#init
    const all = await market.drivers(model, { filters })
    const usable = all.flatMap(({ address, ...driver }) =>
      address === undefined || !driver.hasKey ? [] : [{ ...driver, address }],
    )
    if (usable.length > 1) await this.#measure(usable)
    return usable.map((driver) => ({ ...driver, latencyMs: this.#latencies.get(driver.driver)?.ms }))
  }

  /** Where there is nothing to choose from, nobody has to be measured. */
  async #measure(drivers: readonly Listed[]): Promise<void> {
    const { clock, transport } = this.#components
    const nowMs = clock.monotonic()
    const unknown = drivers.slice(0, DRIVERS_MEASURED_MAX).filter(({ driver }) => {
      const known = this.#latencies.get(driver)
      return known === undefined || nowMs - known.atMs >= this.#init.settings.latencyFreshMs
    })
    const measured = await measureLatencies(unknown, { transport, clock })
    for (const [place, { driver }] of unknown.entries()) {
      // Who can't be reached comes last by that alone.
      this.#latencies.set(driver, { atMs: nowMs, ms: measured[place] ?? Number.MAX_SAFE_INTEGER })
    }
  }

  #fresh<T>(before: Fresh<T> | undefined, read: () => Promise<T>): Fresh<T> {
    const nowMs = this.#components.clock.monotonic()
    if (
      before !== undefined &&
      !before.isFailed &&
      nowMs - before.atMs < this.#init.settings.listingsFreshMs
    ) {
      return before
    }
    const fresh: Fresh<T> = { atMs: nowMs, value: read(), isFailed: false }
    fresh.value.catch(() => {
      fresh.isFailed = true
    })
    return fresh
  }
}

interface Fresh<T> {
  readonly atMs: Milliseconds
  readonly value: Promise<T>
  isFailed: boolean
}

/** What a driver offers under a market's model: the same name, the name without what follows the slash, or all it has. */
function offeredAs(model: string, offers: readonly OfferedModel[]): OfferedModel | undefined {
  const exact = offers.find((offered) => offered.model === model)
  const named = exact ?? offers.find((offered) => model.startsWith(`${offered.model}/`))
  return named ?? (offers.length === 1 ? offers[0] : undefined)
}
