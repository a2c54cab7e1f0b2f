import { AbortedError } from '@shardline/core'
import type { Clock, Log, Random } from '@shardline/core'
import type { HistoryKey } from '@shardline/identity'
import type { AskContent, Transport } from '@shardline/wire'
import type { AnswerSource, AskOptions, AskStream, OfferedModel } from '../answer-source.ts'
import { SourceClosedError } from '../errors.ts'
import type { MarketClient } from '../market/market-client.ts'
import { DriverChoice } from './driver-choice.ts'
import { DriverLinks } from './driver-links.ts'
import { MarketAsk } from './market-ask.ts'
import type { MarketSourceOptions } from './market-source-options.ts'
import { resolveSourceSettings } from './source-settings.ts'
import type { MarketSourceSettings } from './source-settings.ts'

/** What a {@link MarketAnswerSource} works with. They stay the caller's: closing the source doesn't close them. */
export interface MarketSourceComponents {
  /** The market, in the name of who pays. */
  readonly market: MarketClient
  /** Reaches drivers, as a `client`, in the name of the user. */
  readonly transport: Transport
  readonly clock: Clock
  /** Draws seeds, ids of requests, and what seals are made of. */
  readonly random: Random
  readonly log: Log
  /** The one that the market client seals with: answers are opened with it. */
  readonly historyKey: HistoryKey
}

/** The drivers of a market, as one source of answers that are paid for. */
export class MarketAnswerSource implements AnswerSource {
  readonly #components: MarketSourceComponents
  readonly #options: MarketSourceOptions
  readonly #settings: MarketSourceSettings
  readonly #links: DriverLinks
  readonly #choice: DriverChoice
  readonly #over = new AbortController()
  /** Aborts when nobody waits for acknowledgements any more. */
  readonly #ended = new AbortController()
  readonly #background = new Set<Promise<unknown>>()

  /** @throws InvalidValueError if a limit is no whole number from 1 on. */
  constructor(components: MarketSourceComponents, options: MarketSourceOptions = {}) {
    const { limits = {}, filters = {}, validators } = options
    this.#components = components
    this.#options = options
    this.#settings = resolveSourceSettings(limits)
    this.#links = new DriverLinks(components, { linksMax: this.#settings.driverLinksMax, limits, validators })
    this.#choice = new DriverChoice(
      { ...components, links: this.#links },
      { filters, settings: this.#settings },
    )
  }

  /** The market that it asks. */
  get market(): MarketClient {
    return this.#components.market
  }

  /** Models with a driver that can be asked now, under the market's ids, with their prices. */
  async models(): Promise<readonly OfferedModel[]> {
    if (this.#over.signal.aborted) throw new SourceClosedError()
    const prices = await this.#choice.prices()
    const offered = await Promise.all(
      prices.map(async ({ model, price }) => {
        try {
          // One for each model: a signal warns of many who listen.
          const signal = AbortSignal.any([this.#over.signal])
          const { link, offered } = await this.#choice.next(model, { signal })
          link[Symbol.dispose]()
          return [{ ...offered, model, price }]
        } catch (cause) {
          if (cause instanceof AbortedError) throw new SourceClosedError()
          // Nobody serves it now; that is all that is asked here.
          return []
        }
      }),
    )
    return offered.flat()
  }

  ask(content: AskContent, options: AskOptions = {}): AskStream {
    const { signal } = options
    const signals = signal === undefined ? [this.#over.signal] : [this.#over.signal, signal]
    return new MarketAsk(
      {
        ...this.#components,
        choice: this.#choice,
        background: (work) => this.#add(work),
        ended: this.#ended.signal,
      },
      { content, options: this.#options, settings: this.#settings, signal: AbortSignal.any(signals) },
    )
  }

  /** Cancels what runs, and waits a while for acknowledgements on their way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new SourceClosedError())
    const { clock } = this.#components
    const over = new AbortController()
    const late = clock.sleep(this.#settings.sourceCloseMsMax, { signal: over.signal }).catch(() => undefined)
    await Promise.race([this.#drain(), late])
    over.abort()
    this.#ended.abort(new SourceClosedError())
    await this.#links[Symbol.asyncDispose]()
  }

  async #drain(): Promise<void> {
    // Asks that were just cancelled add theirs in their next turn.
    await this.#components.clock.sleep(0)
    while (this.#background.size > 0) await Promise.all(this.#background)
  }

  #add(work: Promise<unknown>): void {
    this.#background.add(work)
    void work.catch(() => undefined).then(() => this.#background.delete(work))
  }
}
