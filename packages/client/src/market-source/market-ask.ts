import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, Random, ShardlineError } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { AnswerEvent, AskContent } from '@shardline/wire'
import type { AnswerReport, AskStream } from '../answer-source.ts'
import { AskRefusedError } from '../errors.ts'
import { EventBuffer } from '../event-buffer.ts'
import type { MarketClient } from '../market/market-client.ts'
import { MarketRefusedError } from '../market/market-errors.ts'
import type { MarketRequest } from '../market/market-request.ts'
import { Acknowledger } from './acknowledger.ts'
import { AnswerRelay } from './answer-relay.ts'
import type { ChosenDriver, DriverChoice, NextDriver } from './driver-choice.ts'
import type { MarketSourceOptions } from './market-source-options.ts'
import { PaidRequest } from './paid-request.ts'
import { promptTokensBound } from './prompt-bound.ts'
import { raceAbort } from './race-abort.ts'
import type { MarketSourceSettings } from './source-settings.ts'

/** What a {@link MarketAsk} works with. */
export interface MarketAskComponents {
  readonly market: MarketClient
  readonly choice: DriverChoice
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Takes work that goes on after the answer; it never rejects. */
  readonly background: (work: Promise<unknown>) => void
  /** Aborts when that work has to end. */
  readonly ended: AbortSignal
}

/** Options of a {@link MarketAsk}. */
export interface MarketAskInit {
  readonly content: AskContent
  readonly options: MarketSourceOptions
  readonly settings: MarketSourceSettings
  /** Cancels it. */
  readonly signal: AbortSignal
}

/** Seeds that are drawn stay short enough to be typed again. */
const DRAWN_SEED_BELOW = 1_000_000_000
/** Bytes that an event counts beside its text, and beside each of its tokens. */
const EVENT_BYTES = 256
const TOKEN_BYTES = 128

/** Failures with which a driver, or the way to it, is gone for now; another one can answer. */
const LOST: readonly string[] = [
  'CLIENT_DRIVER_LOST',
  'CLIENT_DRIVER_SILENT',
  'CLIENT_DRIVER_UNREACHABLE',
  'CLIENT_SOURCE_CLOSED',
]
/** What a market says when a driver can't take a request over, or not yet. */
const NOT_TAKEN: readonly string[] = ['MARKET_REQUEST_STATE', 'MARKET_FILTER_UNMET', 'MARKET_NOT_FOUND']

/** Ends after which what came so far is to be paid: the user, or the reader's slowness, cut the rest off, or the market has it as delivered. */
const OWED: readonly string[] = ['CORE_ABORTED', 'CLIENT_REQUEST_DELIVERED', 'CLIENT_READER_SLOW']

/**
 * One paid answer. Where a driver is lost in the middle, the request waits until it is free again, goes to the next driver
 * at the same price, and is answered anew; the user gets what is new of that, and pays for the last run alone.
 */
export class MarketAsk implements AskStream {
  readonly report: Promise<AnswerReport>
  readonly #components: MarketAskComponents
  readonly #init: MarketAskInit
  readonly #buffer: EventBuffer
  readonly #relay: AnswerRelay
  readonly #left = new AbortController()
  readonly #signal: AbortSignal
  readonly #failed = new Set<PartyId>()
  /** Until when drivers that were busy asked to be left alone, by the monotonic clock. */
  readonly #busyUntilMs = new Map<PartyId, Milliseconds>()
  #request: PaidRequest | undefined
  #acknowledger: Acknowledger | undefined
  #content: AskContent
  #before: { readonly digest: string; readonly numericClass: string } | undefined

  constructor(components: MarketAskComponents, init: MarketAskInit) {
    // One for each answer: a signal warns of many who listen, and while the market is away many answers wait for it.
    this.#components = { ...components, ended: AbortSignal.any([components.ended]) }
    this.#init = init
    this.#content = withSeed(init.content, components.random)
    this.#relay = new AnswerRelay(init.content.choices)
    this.#signal = AbortSignal.any([init.signal, this.#left.signal])
    this.#buffer = new EventBuffer({
      bytesMax: init.settings.answerBufferBytesMax,
      onLeave: () => this.#left.abort(),
    })
    this.report = this.#run()
    // Who only iterates gets the failure there; it must not count as unhandled.
    this.report.catch(() => undefined)
  }

  [Symbol.asyncIterator](): AsyncIterator<AnswerEvent, undefined> {
    return this.#buffer[Symbol.asyncIterator]()
  }

  async #run(): Promise<AnswerReport> {
    try {
      const report = await this.#answer()
      this.#buffer.end()
      return await this.#bill(report)
    } catch (cause) {
      const error = this.#signal.aborted
        ? new AbortedError('the answer', this.#signal.reason)
        : fromUnknown(cause)
      if (error instanceof AbortedError) this.#buffer.clear()
      this.#buffer.end(error)
      this.#components.background(this.#giveUp(error))
      throw error
    }
  }

  /** Asks drivers, one after the other, until one has answered to the end. */
  async #answer(): Promise<AnswerReport> {
    const { settings } = this.#init
    for (let attempt = 1; ; attempt++) {
      const chosen = await this.#next()
      try {
        await this.#leaveAlone(chosen.driver.driver)
        return await this.#askDriver(chosen)
      } catch (cause) {
        const error = fromUnknown(cause)
        if (this.#signal.aborted || !isLost(error) || attempt >= settings.driverAttemptsMax) throw error
        this.#note(chosen.driver.driver, error)
        await this.#request?.untilWaiting(error, this.#signal)
      } finally {
        chosen.link[Symbol.dispose]()
      }
    }
  }

  /** Another driver comes before this one now. */
  #note(driver: PartyId, error: ShardlineError): void {
    const { choice, clock } = this.#components
    this.#failed.add(driver)
    choice.failed(driver, error)
    const waitMs = error instanceof AskRefusedError ? error.retryAfterMs : undefined
    if (waitMs !== undefined) this.#busyUntilMs.set(driver, clock.monotonic() + waitMs)
  }

  /** If there is no other than one that was busy, it gets its time. */
  async #leaveAlone(driver: PartyId): Promise<void> {
    const { clock } = this.#components
    const waitMs = (this.#busyUntilMs.get(driver) ?? 0) - clock.monotonic()
    if (waitMs > 0) await clock.sleep(waitMs, { signal: this.#signal })
  }

  /** The next driver; once the request is open there is time until its deadline to find one. */
  async #next(): Promise<ChosenDriver> {
    const { choice, clock } = this.#components
    const model = await choice.modelId(this.#content.model)
    const next: NextDriver = { last: this.#failed, same: this.#before, signal: this.#signal }
    for (;;) {
      try {
        const chosen = await choice.next(model, next)
        this.#request ??= this.#requestFor(model, chosen)
        return chosen
      } catch (cause) {
        const error = fromUnknown(cause)
        const deadlineMs = this.#request?.last?.deadlineMs
        if (!error.retryable || deadlineMs === undefined || clock.now() >= deadlineMs) throw error
      }
      await clock.sleep(this.#init.settings.requestPollMsMax, { signal: this.#signal })
    }
  }

  #requestFor(model: string, { offered }: ChosenDriver): PaidRequest {
    const { options, settings, content } = this.#init
    const roomTokens = Math.max(1, offered.contextLength - 1)
    const maxTokens = Math.min(content.maxTokens ?? settings.outputTokensDefault, roomTokens)
    // What is held for and what is asked for have to be the same, also where the user left it open.
    this.#content = { ...this.#content, maxTokens: content.maxTokens ?? maxTokens }
    const { filters = {}, maxPrice, priority, maxTimeMs } = options
    return new PaidRequest(this.#components, {
      model,
      promptTokensMax: Math.min(promptTokensBound(content, settings), roomTokens),
      outputTokensMax: maxTokens * content.choices,
      filters,
      maxPrice,
      priority,
      maxTimeMs,
      settings,
    })
  }

  async #askDriver({ driver, link, offered }: ChosenDriver): Promise<AnswerReport> {
    const { clock, log, ended } = this.#components
    const request = this.#request
    if (request === undefined) throw new AbortedError('the answer')
    // Drivers name their models themselves.
    const content = { ...this.#content, model: offered.model }
    const { terms, sealed } = await request.sealTo(driver.driver, content, this.#signal)
    const answer = link.connection.ask(content, { terms, sealed, signal: this.#signal })
    this.#relay.begin()
    const { settings } = this.#init
    const verified = (): AnswerRelay['verified'] => this.#relay.verified
    const acknowledger = new Acknowledger({ request, clock, log, ended }, { verified, settings })
    this.#acknowledger = acknowledger
    try {
      for await (const event of answer) {
        this.#before ??= { digest: offered.digest, numericClass: driver.numericClass }
        const passed = this.#relay.take(event)
        if (passed !== undefined) this.#buffer.put(passed, bytesOf(passed))
      }
    } finally {
      acknowledger.stop()
    }
    return answer.report
  }

  /** Acknowledges the whole answer, and waits a while for what it cost. */
  async #bill(report: AnswerReport): Promise<AnswerReport> {
    const request = this.#request
    const { clock, background } = this.#components
    const over = new AbortController()
    const acknowledged = this.#acknowledger?.finish() ?? Promise.resolve(false)
    background(acknowledged)
    clock.sleep(this.#init.settings.billMsMax, { signal: over.signal }).then(
      () => over.abort(),
      () => undefined,
    )
    try {
      const isAcknowledged = await raceAbort(acknowledged, over.signal)
      if (isAcknowledged) await request?.untilSettled(over.signal)
      // Given back unbilled, or ended: the report says so.
      else await request?.look(over.signal)
    } catch {
      // The bill is still to come; the answer is there.
    } finally {
      over.abort()
    }
    const payment = request?.last
    // What its driver gives back later must not lie in escrow until the deadline.
    if (payment !== undefined && !isOver(payment)) background(this.#takeBackLater(this.#init.signal))
    return {
      ...report,
      isFailover: report.isFailover || this.#relay.isResumed,
      lockedPrice: payment?.lockedPrice,
      billed: payment?.settlement?.billed,
      payment,
    }
  }

  /** There will be no more of it: takes the request back if nobody has it, else acknowledges what came, if that is right. */
  async #giveUp(error: ShardlineError): Promise<void> {
    const request = this.#request
    if (request?.last === undefined) return
    const { ended } = this.#components
    await this.#cancel(request, { isMeant: error instanceof AbortedError, signal: ended })
    if (OWED.includes(error.code)) await this.#acknowledger?.finish()
  }

  /** Takes a request back that waits, if its user means it, or if that costs nothing. Never rejects. */
  async #cancel(request: PaidRequest, { isMeant, signal }: Cancelling): Promise<void> {
    try {
      const { state, attempts } = await request.look(signal)
      // Waiting for its first driver, it has moved the price for others, and taking it back has a fee.
      const isFree = state === 'QUOTED' || (state === 'PENDING' && attempts > 0)
      if (isFree || (isMeant && state === 'PENDING')) await request.cancel(signal)
    } catch (cause) {
      this.#components.log.debug('cancel-failed', { request: request.id, code: fromUnknown(cause).code })
    }
  }

  /** Watches a request whose answer is whole; if it goes back in line unbilled, nobody is to answer it again. */
  async #takeBackLater(signal: AbortSignal): Promise<void> {
    const request = this.#request
    if (request === undefined) return
    await request.untilSettled(signal).catch(() => undefined)
    if (request.last?.state === 'PENDING') await this.#cancel(request, { isMeant: false, signal })
  }
}

interface Cancelling {
  /** Whether its user wants it no more. */
  readonly isMeant: boolean
  readonly signal: AbortSignal
}

function isOver({ settlement }: MarketRequest): boolean {
  return settlement?.isDone === true
}

function withSeed(content: AskContent, random: Pick<Random, 'integer'>): AskContent {
  // A second run has to say the same, so the first one can't be left to the driver's chance.
  const seed = content.sampling.seed ?? random.integer(DRAWN_SEED_BELOW)
  return { ...content, sampling: { ...content.sampling, seed } }
}

function isLost(error: ShardlineError): boolean {
  if (error instanceof MarketRefusedError) return NOT_TAKEN.includes(error.remoteCode)
  if (LOST.includes(error.code)) return true
  // A driver that lives remembers the request; another one, or the same after a restart, can take it.
  if (error instanceof AskRefusedError && error.remoteCode === 'DRIVER_ASK_REPLAYED') return true
  return (error.code === 'CLIENT_ASK_REFUSED' || error.code === 'CLIENT_ASK_FAILED') && error.retryable
}

function bytesOf(event: AnswerEvent): number {
  if (event.type !== 'piece') return EVENT_BYTES
  const tops = event.tokens.reduce((sum, { top }) => sum + top.length + 1, 0)
  return EVENT_BYTES + event.text.length + tops * TOKEN_BYTES
}
