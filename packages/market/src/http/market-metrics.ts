import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MarketEvent } from '../events/market-events.ts'
import type { ModelPrice } from '../price/quote.ts'
import type { MarketStats } from '../stats/market-stats.ts'
import type { SweepRound } from './sweep-loop.ts'

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** One answered HTTP request. */
export interface HttpObservation {
  readonly method: string
  /** The route as it was declared, never the address that was asked for. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** Where the gauges get their values from when somebody asks. */
export interface MetricsSource {
  stats(): Promise<MarketStats>
  prices(): Promise<readonly ModelPrice[]>
}

/**
 * What the service tells Prometheus; docs/operating/market-metrics.md lists the names. Every server has a registry of its own.
 * Labels are methods, routes, codes, states and models: nothing that a caller could make up, and nothing that names anybody.
 */
export class MarketMetrics {
  readonly #registry = new Registry()
  readonly #http = new Histogram({
    name: 'shardline_market_http_seconds',
    help: 'Time to answer an HTTP request',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS_BUCKETS,
    registers: [this.#registry],
  })
  readonly #refused = new Counter({
    name: 'shardline_market_refused_total',
    help: 'Requests that were answered with an error, by its code',
    labelNames: ['code'],
    registers: [this.#registry],
  })
  readonly #events = new Counter({
    name: 'shardline_market_events_total',
    help: 'Events seen by this replica, of all replicas: take one replica, never the sum',
    labelNames: ['type', 'state'],
    registers: [this.#registry],
  })
  readonly #claims = new Counter({
    name: 'shardline_market_claims_total',
    help: 'Claims answered by this replica, with work or without',
    labelNames: ['outcome'],
    registers: [this.#registry],
  })
  readonly #subscribers = new Gauge({
    name: 'shardline_market_event_subscribers',
    help: 'WebSockets that get events from this replica',
    registers: [this.#registry],
  })
  readonly #sweeps = new Counter({
    name: 'shardline_market_sweeps_total',
    help: 'Rounds of sweeping by this replica',
    labelNames: ['outcome'],
    registers: [this.#registry],
  })
  readonly #swept = new Counter({
    name: 'shardline_market_swept_total',
    help: 'What sweeps of this replica took up',
    labelNames: ['what'],
    registers: [this.#registry],
  })
  readonly #sweepSeconds = new Histogram({
    name: 'shardline_market_sweep_seconds',
    help: 'Time of one round of sweeping',
    buckets: SECONDS_BUCKETS,
    registers: [this.#registry],
  })
  readonly #requests = new Gauge({
    name: 'shardline_market_requests',
    help: 'Requests in the database by state',
    labelNames: ['state'],
    registers: [this.#registry],
  })
  readonly #drivers = new Gauge({
    name: 'shardline_market_drivers',
    help: 'Drivers with live capacity',
    registers: [this.#registry],
  })
  readonly #due = new Gauge({
    name: 'shardline_market_settlements_due',
    help: 'Requests that have ended and whose money has not moved yet',
    registers: [this.#registry],
  })
  readonly #lag = new Gauge({
    name: 'shardline_market_settlement_lag_seconds',
    help: 'Time that the oldest of them has waited',
    registers: [this.#registry],
  })
  readonly #price = this.#modelGauge('price_microcredits', 'Microcredits per 1,000,000 tokens')
  readonly #supply = this.#modelGauge('supply_tokens_per_second', 'Tokens per second of live capacities')
  readonly #demand = this.#modelGauge('demand_tokens', 'Output tokens of requests that wait or run')
  readonly #isUp = new Gauge({
    name: 'shardline_market_database_up',
    help: '1 while the database answers',
    registers: [this.#registry],
  })

  /** Media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType
  }

  observeHttp({ method, route, status, seconds }: HttpObservation): void {
    this.#http.observe({ method, route, status }, seconds)
  }

  countRefused(code: string): void {
    this.#refused.inc({ code })
  }

  countEvent(event: MarketEvent): void {
    this.#events.inc({ type: event.type, state: event.type === 'request' ? event.state : '' })
  }

  countClaim(isWork: boolean): void {
    this.#claims.inc({ outcome: isWork ? 'work' : 'none' })
  }

  setSubscribers(count: number): void {
    this.#subscribers.set(count)
  }

  observeSweep(round: SweepRound): void {
    this.#sweeps.inc({ outcome: round.isOk ? 'ok' : 'failed' })
    this.#sweepSeconds.observe(round.ms / 1000)
    if (!round.isOk) return
    for (const [what, count] of Object.entries(round.report)) this.#swept.inc({ what }, Number(count))
  }

  /** All metrics as Prometheus reads them. A database that is away is told by a gauge, not by a failure. */
  async text(source: MetricsSource): Promise<string> {
    try {
      this.#setStats(await source.stats())
      this.#setPrices(await source.prices())
      this.#isUp.set(1)
    } catch {
      this.#isUp.set(0)
    }
    return this.#registry.metrics()
  }

  #setStats(stats: MarketStats): void {
    for (const [state, count] of Object.entries(stats.requests)) this.#requests.set({ state }, count)
    this.#drivers.set(stats.drivers)
    this.#due.set(stats.settlementsDue)
    this.#lag.set(stats.settlementLagMs / 1000)
  }

  #setPrices(prices: readonly ModelPrice[]): void {
    for (const gauge of [this.#price, this.#supply, this.#demand]) gauge.reset()
    for (const { model, price, supply, demandTokens } of prices) {
      this.#price.set({ model }, Number(price))
      this.#supply.set({ model }, Number(supply))
      this.#demand.set({ model }, Number(demandTokens))
    }
  }

  #modelGauge(name: string, help: string): Gauge<'model'> {
    return new Gauge({
      name: `shardline_market_${name}`,
      help,
      labelNames: ['model'],
      registers: [this.#registry],
    })
  }
}
