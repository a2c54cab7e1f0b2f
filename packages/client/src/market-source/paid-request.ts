import { fromUnknown } from '@shardline/core'
import type { Clock, Milliseconds, Random, ShardlineError } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { AskContent } from '@shardline/wire'
import type { AskTerms } from '../driver-connection.ts'
import type { MarketClient } from '../market/market-client.ts'
import type { DriverFilters } from '../market/market-driver.ts'
import { MarketRefusedError } from '../market/market-errors.ts'
import type { MarketRequest, TokenCounts } from '../market/market-request.ts'
import { requestUuid } from '../request-uuid.ts'
import { PriceTooHighError, RequestDeliveredError, RequestEndedError } from './source-errors.ts'
import type { MarketSourceSettings } from './source-settings.ts'

/** What a {@link PaidRequest} works with. */
export interface PaidRequestComponents {
  readonly market: Pick<MarketClient, 'open' | 'submit' | 'reassign' | 'cancel' | 'acknowledge' | 'request'>
  readonly clock: Clock
  readonly random: Pick<Random, 'bytes'>
}

/** Options of a {@link PaidRequest}. */
export interface PaidRequestInit {
  /** The market's id of it. */
  readonly model: string
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  readonly filters: DriverFilters
  readonly maxPrice: string | undefined
  readonly priority: number | undefined
  readonly maxTimeMs: Milliseconds | undefined
  readonly settings: Pick<MarketSourceSettings, 'requestPollMs' | 'requestPollMsMax'>
}

/** A prompt for one driver: what goes to it over the link is what the market has. */
export interface SealedAsk {
  readonly terms: AskTerms
  /** Base64. */
  readonly sealed: string
}

/** The market's side of one answer: a request that is opened once, and moves from driver to driver at its locked price. */
export class PaidRequest {
  readonly id: string
  readonly #components: PaidRequestComponents
  readonly #init: PaidRequestInit
  #last: MarketRequest | undefined

  constructor(components: PaidRequestComponents, init: PaidRequestInit) {
    this.#components = components
    this.#init = init
    this.id = requestUuid(components.random)
  }

  /** The request as it was seen last; undefined before it is open. */
  get last(): MarketRequest | undefined {
    return this.#last
  }

  /**
   * Seals the prompt to a driver, by its newest key in the market's log, and hands it to the market: opens the request
   * for the first driver, and moves it to each further one.
   *
   * @throws PriceTooHighError; what `open`, `submit` and `reassign` of a market client throw.
   */
  async sealTo(driver: PartyId, content: AskContent, signal: AbortSignal): Promise<SealedAsk> {
    const { market } = this.#components
    const request = (this.#last ??= await this.#open(driver, signal))
    const { request: after, sealedPrompt } =
      request.state === 'QUOTED'
        ? await market.submit({ request, content }, { signal })
        : await market.reassign({ request, content, driver }, { signal })
    this.#last = after
    // Both ends of the link count whole milliseconds.
    const expiresAtMs = Math.floor(request.deadlineMs)
    return { terms: { ask: request.id, lockedPrice: request.hold, expiresAtMs }, sealed: sealedPrompt }
  }

  /** Looks at it. @throws what `request` of a market client throws. */
  async look(signal?: AbortSignal): Promise<MarketRequest> {
    this.#last = await this.#components.market.request(this.id, { signal })
    return this.#last
  }

  /** Says how many tokens came under a claim. @throws what `acknowledge` of a market client throws. */
  async acknowledge(
    received: TokenCounts,
    { fence, signal }: { readonly fence: number; readonly signal: AbortSignal },
  ): Promise<MarketRequest> {
    const { promptTokensMax, outputTokensMax } = this.#init
    const counts = {
      prompt: Math.min(received.prompt, promptTokensMax),
      output: Math.min(received.output, outputTokensMax),
    }
    this.#last = await this.#components.market.acknowledge(
      { id: this.id, received: counts, fence },
      { signal },
    )
    return this.#last
  }

  /** Takes it back if nobody has claimed it. @throws what `cancel` of a market client throws. */
  async cancel(signal: AbortSignal): Promise<MarketRequest> {
    this.#last = await this.#components.market.cancel(this.id, { signal })
    return this.#last
  }

  /**
   * Waits until it waits for a driver again: its driver gave it back, or the lease ran out. A market that can't be reached
   * is asked again until the request's deadline.
   *
   * @throws RequestDeliveredError if its driver has delivered it; RequestEndedError if it ended otherwise; AbortedError.
   */
  async untilWaiting(cause: ShardlineError, signal: AbortSignal): Promise<void> {
    if (this.#last === undefined) return
    await this.#watch(signal, (request) => {
      if (request.state === 'PENDING') return true
      const { id, state, delivered, endReason } = request
      if (state === 'CLAIMED' || state === 'RUNNING') return false
      if (state === 'DELIVERED' || state === 'COMPLETED') {
        const tokens = { promptTokens: delivered.prompt, outputTokens: delivered.output }
        throw new RequestDeliveredError({ request: id, ...tokens }, cause)
      }
      throw new RequestEndedError({ request: id, state, why: endReason ?? 'it gives no reason' }, cause)
    })
  }

  /**
   * Waits until it is settled, in whatever way, or its driver gave it back: an answer that was whole is not billed then.
   * Ends by the signal or with the request's deadline.
   *
   * @throws AbortedError
   */
  async untilSettled(signal: AbortSignal): Promise<void> {
    await this.#watch(signal, ({ settlement, state }) => settlement?.isDone === true || state === 'PENDING')
  }

  async #watch(signal: AbortSignal, isEnough: (request: MarketRequest) => boolean): Promise<void> {
    const { clock } = this.#components
    const { requestPollMs, requestPollMsMax } = this.#init.settings
    for (let waitMs = requestPollMs; ; waitMs = Math.min(waitMs * 1.5, requestPollMsMax)) {
      const request = await this.#lookIfPossible(signal)
      if (request !== undefined && isEnough(request)) return
      await clock.sleep(waitMs, { signal })
    }
  }

  /** @throws what can't pass by itself, and everything past the deadline. */
  async #lookIfPossible(signal: AbortSignal): Promise<MarketRequest | undefined> {
    try {
      return await this.look(signal)
    } catch (cause) {
      const error = fromUnknown(cause)
      const isOver = this.#components.clock.now() > (this.#last?.deadlineMs ?? 0)
      if (isOver || !error.retryable) throw error
      return undefined
    }
  }

  async #open(driver: PartyId, signal: AbortSignal): Promise<MarketRequest> {
    const { model, promptTokensMax, outputTokensMax, filters, maxPrice, priority, maxTimeMs } = this.#init
    const ask = { id: this.id, model, driver, promptTokensMax, outputTokensMax }
    try {
      return await this.#components.market.open(
        {
          ...ask,
          ...(Object.keys(filters).length === 0 ? {} : { filters }),
          ...(maxPrice === undefined ? {} : { maxPrice }),
          ...(priority === undefined ? {} : { priority }),
          ...(maxTimeMs === undefined ? {} : { maxTimeMs }),
        },
        { signal },
      )
    } catch (cause) {
      const isTooHigh = cause instanceof MarketRefusedError && cause.remoteCode === 'MARKET_PRICE_ABOVE_MAX'
      throw isTooHigh ? new PriceTooHighError(model, maxPrice ?? '', cause) : cause
    }
  }
}
