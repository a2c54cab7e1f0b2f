import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Milliseconds } from '@shardline/core'
import { connectMarketSource, textAsk } from '@shardline/client'
import type { AnswerReport, AskStream, ConnectMarketSourceInit, MarketAnswerSource } from '@shardline/client'
import type { MarketSettings } from '@shardline/market'
import { WebSocketTransport } from '@shardline/wire'
import type { AnswerEvent, AskContent } from '@shardline/wire'
import { PAID_PROMPT_TOKENS, PaidDriver } from './paid-driver.ts'
import { ServedMarket } from './served-market.ts'
import type { TestUser } from './served-market.ts'
import { ShiftedClock } from './shifted-clock.ts'

/** Seed of {@link paidAsk}. */
const SEED = 5
/** Tokens of an answer to it. */
export const STORY_TOKENS = 12
/**
 * Longer than a slow machine needs from one step of an answer to the next; what lapses lapses by {@link SweptMarket.lapse}.
 * Three of them are less than the minute by which a market's time may be ahead of its users'.
 */
const LEASE_MS = 15_000

/** What every driver tells for it. */
export const STORY: string = PaidDriver.story(SEED, STORY_TOKENS)
/** Microcredits per token of the test market's model. */
const PRICE = 100n

/** An ask whose answer is {@link STORY}. */
export function paidAsk(more: Partial<AskContent> = {}): AskContent {
  const content = textAsk('Tell me a story.', { maxTokens: 20, ...more })
  return { ...content, sampling: { ...content.sampling, seed: SEED } }
}

/** Microcredits of an answer of so many tokens. */
export function costOf(outputTokens: number): bigint {
  return BigInt(PAID_PROMPT_TOKENS + outputTokens) * PRICE
}

/** A market that sweeps, for all tests of a file. */
export class SweptMarket implements AsyncDisposable {
  readonly served: ServedMarket
  readonly #clock: ShiftedClock
  readonly #over = new AbortController()
  readonly #sweeping: Promise<void>
  #parties = 100
  #isAway = false
  #resumedAtMs: number | undefined

  private constructor(served: ServedMarket, clock: ShiftedClock) {
    this.served = served
    this.#clock = clock
    this.#sweeping = this.#sweep()
  }

  static async open(init: Pick<Partial<MarketSettings>, 'acknowledgeMsMax'> = {}): Promise<SweptMarket> {
    const clock = new ShiftedClock()
    // A turn of the clock ends claims, and nothing else, unless a test says so.
    const settings = {
      claimLeaseMs: LEASE_MS,
      capacityMsMax: 3_600_000,
      acknowledgeMsMax: 3_600_000,
      ...init,
    }
    return new SweptMarket(await ServedMarket.open(settings, { clock }), clock)
  }

  /** Lets the leases of all claims lapse. */
  lapse(): void {
    this.#clock.turn(LEASE_MS)
  }

  /** It sweeps no more, as one that is away. Its parties may still reach it: what they can't, they are kept from. */
  pause(): void {
    this.#isAway = true
  }

  /** It sweeps again, as one that was away for `awayMs`. Resolves when it has swept once. */
  async resume(awayMs: Milliseconds): Promise<void> {
    this.#clock.turn(awayMs)
    this.#resumedAtMs = this.#clock.now()
    await this.#sweepOnce()
    this.#isAway = false
  }

  /** A user who asks drivers of its own. */
  async place(init: PaidPlaceInit = {}): Promise<PaidPlace> {
    const { served } = this
    const user = await served.user(this.#parties++)
    const drivers: PaidDriver[] = []
    await using starting = new CleanupStack()
    for (let count = 0; count < (init.drivers ?? 1); count++) {
      const driver = await PaidDriver.start(served, this.#parties++)
      starting.add(() => driver[Symbol.asyncDispose]())
      drivers.push(driver)
    }
    const source = await this.#connect(user, drivers, init)
    starting.release()
    return new PaidPlace(served, { user, drivers, source })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#sweeping
    await this.served[Symbol.asyncDispose]()
  }

  #connect(
    { identity, historyKey }: TestUser,
    drivers: readonly PaidDriver[],
    { limits, filters, maxPrice, fetch }: PaidPlaceInit,
  ): Promise<MarketAnswerSource> {
    const self = { node: 'user', role: 'client', software: 'test' } as const
    const security = { identity }
    const transport = new WebSocketTransport({ clock: systemClock, log: silentLog }, { self, security })
    const quick = {
      reconnectMsMax: 100,
      acknowledgeIntervalMs: 20,
      listingsFreshMs: 1,
      triesMax: 2,
      retryMs: 10,
    }
    const own = drivers.map(({ driver }) => driver.identity.id)
    return connectMarketSource(
      { transport, clock: systemClock, random: systemRandom, log: silentLog },
      {
        url: this.served.url,
        marketId: this.served.identity.id,
        identity,
        historyKey,
        limits: { ...quick, ...limits },
        filters: { drivers: own, ...filters },
        ...(maxPrice === undefined ? {} : { maxPrice }),
        ...(fetch === undefined ? {} : { fetch }),
      },
    )
  }

  async #sweepOnce(): Promise<void> {
    const resumedAtMs = this.#resumedAtMs
    await this.served.market.sweep(resumedAtMs === undefined ? {} : { resumedAtMs })
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted) {
      if (!this.#isAway) await this.#sweepOnce()
      await systemClock.sleep(20, { signal }).catch(() => undefined)
    }
  }
}

/** Options of a {@link PaidPlace}. */
export type PaidPlaceInit = Pick<ConnectMarketSourceInit, 'limits' | 'filters' | 'maxPrice' | 'fetch'> & {
  /** @default 1 */
  readonly drivers?: number
}

/** A user of a market, and the drivers that it asks. */
export class PaidPlace implements AsyncDisposable {
  readonly served: ServedMarket
  readonly user: TestUser
  readonly source: MarketAnswerSource
  readonly drivers: readonly PaidDriver[]

  constructor(
    served: ServedMarket,
    given: {
      readonly user: TestUser
      readonly drivers: readonly PaidDriver[]
      readonly source: MarketAnswerSource
    },
  ) {
    this.served = served
    this.user = given.user
    this.source = given.source
    this.drivers = given.drivers
  }

  /** The first driver. */
  get driver(): PaidDriver {
    const [driver] = this.drivers
    if (driver === undefined) throw new Error('a driver')
    return driver
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]()
    for (const driver of this.drivers) await driver[Symbol.asyncDispose]()
  }
}

/** An answer that was read to its end. */
export interface ReadAnswer {
  /** Of each choice. */
  readonly texts: readonly string[]
  readonly restagings: number
  readonly windowTokens: number
  readonly report: AnswerReport
}

/** Reads an answer. `onEvent` may change what happens next. */
export async function readAnswer(
  answer: AskStream,
  onEvent: (event: AnswerEvent) => void = () => undefined,
): Promise<ReadAnswer> {
  const texts: string[] = []
  let [restagings, windowTokens] = [0, 0]
  for await (const event of answer) {
    onEvent(event)
    if (event.type === 'piece') texts[event.choice] = (texts[event.choice] ?? '') + event.text
    if (event.type === 'restaged') restagings += 1
    if (event.type === 'window') windowTokens += event.tokenIds.length
  }
  return { texts, restagings, windowTokens, report: await answer.report }
}

/** Waits until something is so. */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await systemClock.sleep(10)
}
