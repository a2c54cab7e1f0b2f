import { AbortedError } from '@shardline/core'
import type { Clock, Service } from '@shardline/core'
import { MarketLimitError } from '../errors.ts'
import type { Market } from '../market.ts'
import type { EventFeed } from './event-feed.ts'
import type { MarketMetrics } from './market-metrics.ts'

/** What an {@link EventHub} works with. */
export interface EventHubInit {
  readonly market: Pick<Market, 'events'>
  readonly clock: Clock
  readonly metrics: MarketMetrics
  readonly subscribersMax: number
  readonly pingMs: number
}

/** WebSocket's close code for "going away" (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001
/** "Try again later": who connects again is told how things stand. */
const TRY_AGAIN_LATER = 1013

/** Hands the market's events to all feeds of this server, and pings them. */
export class EventHub implements Service {
  readonly #init: EventHubInit
  readonly #feeds = new Set<EventFeed>()
  readonly #stopping = new AbortController()
  #unsubscribe: (() => void) | undefined
  #pinging: Promise<void> | undefined

  constructor(init: EventHubInit) {
    this.#init = init
  }

  /** @throws MarketLimitError if there are as many subscribers as may be. */
  checkRoom(): void {
    const { subscribersMax } = this.#init
    if (this.#feeds.size >= subscribersMax) {
      throw new MarketLimitError('event subscribers', this.#feeds.size + 1, subscribersMax)
    }
  }

  add(feed: EventFeed): void {
    this.#feeds.add(feed)
    this.#init.metrics.setSubscribers(this.#feeds.size)
  }

  remove(feed: EventFeed): void {
    this.#feeds.delete(feed)
    this.#init.metrics.setSubscribers(this.#feeds.size)
  }

  start(): Promise<void> {
    const { market, metrics } = this.#init
    this.#unsubscribe ??= market.events.subscribe(
      (event) => {
        metrics.countEvent(event)
        for (const feed of this.#feeds) feed.offer(event)
      },
      () => {
        for (const feed of this.#feeds) feed.close(TRY_AGAIN_LATER, 'events were missed')
      },
    )
    this.#pinging ??= this.#pingAll()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.()
    this.#stopping.abort()
    for (const feed of this.#feeds) feed.close(GOING_AWAY, 'the server closes')
    await this.#pinging
  }

  async #pingAll(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        await this.#init.clock.sleep(this.#init.pingMs, { signal })
        for (const feed of this.#feeds) feed.ping()
      } catch (cause) {
        if (!(cause instanceof AbortedError)) throw cause
      }
    }
  }
}
