import type { Clock, Random } from '@shardline/core'
import type { HistoryKey, PartyId } from '@shardline/identity'
import { requestUuid } from '../request-uuid.ts'
import { checkReceipts } from './check-receipts.ts'
import type { CheckedReceipts } from './check-receipts.ts'
import { comparisonOpenings, promptCommitment } from './comparison.ts'
import type { DriverKeyDirectory, VerifiedDriverKey } from './driver-key-directory.ts'
import { readBalance } from './market-balance.ts'
import type { MarketBalance } from './market-balance.ts'
import type {
  CallOptions,
  ComparisonAsk,
  DepositAsk,
  DriversOptions,
  FlagReason,
  HistoryOptions,
  MarketClient,
  OpenAsk,
  PricedDriver,
  PromptAsk,
  QuoteAsk,
  RequestsOptions,
  SubmittedPrompt,
} from './market-client.ts'
import { readDriver } from './market-driver.ts'
import type { MarketEvent, MarketEventsOptions } from './market-event.ts'
import type { MarketEvents } from './market-events.ts'
import { readFacts } from './market-facts.ts'
import type { MarketFacts } from './market-facts.ts'
import type { MarketHttp } from './market-http.ts'
import { readModel, readPrice, readPricePoint, readQuote } from './market-price.ts'
import type { MarketModel, MarketPrice, MarketPricePoint, MarketQuote } from './market-price.ts'
import { readRequest } from './market-request.ts'
import type { MarketRequest, TokenCounts } from './market-request.ts'
import { measureLatencies } from './measure-latency.ts'
import { readPrompt, sealForRequest } from './prompt-seal.ts'
import type { OwnPrompt } from './prompt-seal.ts'

/** What an {@link HttpMarketClient} works with. */
export interface HttpMarketClientInit {
  readonly http: MarketHttp
  readonly keys: DriverKeyDirectory
  readonly events: MarketEvents
  readonly historyKey: HistoryKey
  /** Whether somebody can sign. */
  readonly isSigner: boolean
  readonly clock: Clock
  readonly random: Pick<Random, 'bytes'>
}

/** The user's side of a market, over HTTP. */
export class HttpMarketClient implements MarketClient {
  readonly #init: HttpMarketClientInit

  constructor(init: HttpMarketClientInit) {
    this.#init = init
  }

  get keyLogSeen(): string | undefined {
    return this.#init.keys.seen
  }

  async facts({ signal }: CallOptions = {}): Promise<MarketFacts> {
    return readFacts(
      await this.#init.http.ask({ method: 'GET', path: '/v1/market', isSigned: false, signal }),
    )
  }

  async models({ signal }: CallOptions = {}): Promise<readonly MarketModel[]> {
    const answer = await this.#init.http.ask({ method: 'GET', path: '/v1/models', isSigned: false, signal })
    return answer.list('models', readModel)
  }

  async prices({ signal }: CallOptions = {}): Promise<readonly MarketPrice[]> {
    const answer = await this.#init.http.ask({ method: 'GET', path: '/v1/prices', isSigned: false, signal })
    return answer.list('models', readPrice)
  }

  async history(model: string, options: HistoryOptions = {}): Promise<readonly MarketPricePoint[]> {
    const { limit, beforeSeq, signal } = options
    const path = withQuery('/v1/prices/history', { model, limit, beforeSeq })
    const answer = await this.#init.http.ask({ method: 'GET', path, isSigned: false, signal })
    return answer.list('points', readPricePoint)
  }

  async quote(ask: QuoteAsk, { signal }: CallOptions = {}): Promise<MarketQuote> {
    const { model, promptTokensMax, outputTokensMax } = ask
    const path = withQuery('/v1/quote', { model, promptTokensMax, outputTokensMax })
    const { http, isSigner } = this.#init
    return readQuote(await http.ask({ method: 'GET', path, isSigned: isSigner, signal }))
  }

  async drivers(model: string, options: DriversOptions = {}): Promise<readonly PricedDriver[]> {
    const { filters = {}, measure, signal } = options
    const { http, clock } = this.#init
    const [prices, answer] = await Promise.all([
      this.prices({ signal }),
      http.ask({
        method: 'POST',
        path: '/v1/drivers/search',
        body: { model, filters },
        isSigned: false,
        signal,
      }),
    ])
    const drivers = answer.list('drivers', readDriver)
    const price = prices.find((candidate) => candidate.model === model)?.price ?? ''
    const latencies =
      measure === undefined ? [] : await measureLatencies(drivers, { ...measure, clock, signal })
    return drivers.map((driver, place) => ({ ...driver, price, latencyMs: latencies[place] }))
  }

  driverKey(driver: PartyId, { signal }: CallOptions = {}): Promise<VerifiedDriverKey> {
    return this.#init.keys.keyOf(driver, signal)
  }

  compareKeyLog(checkpoint: string, { signal }: CallOptions = {}): Promise<void> {
    return this.#init.keys.compare(checkpoint, signal)
  }

  async open(ask: OpenAsk, { signal }: CallOptions = {}): Promise<MarketRequest> {
    const { http, random, historyKey } = this.#init
    const { id = requestUuid(random), comparable, ...others } = ask
    const commitment =
      comparable === undefined ? {} : { promptCommitment: promptCommitment(comparable, id, historyKey) }
    const body = { ...others, id, ...commitment }
    return readRequest(await http.ask({ method: 'POST', path: '/v1/requests', body, signal }))
  }

  async submit({ request, content }: PromptAsk, options: CallOptions = {}): Promise<SubmittedPrompt> {
    const sealedPrompt = await this.#seal({ request, content, driver: request.driver }, options)
    return { request: await this.submitSealed(request.id, sealedPrompt, options), sealedPrompt }
  }

  submitSealed(id: string, sealedPrompt: string, options: CallOptions = {}): Promise<MarketRequest> {
    return this.#change(id, 'submit', { body: { sealedPrompt }, options })
  }

  async reassign(
    ask: PromptAsk & { readonly driver: PartyId },
    options: CallOptions = {},
  ): Promise<SubmittedPrompt> {
    const { request, driver } = ask
    const sealedPrompt = await this.#seal(ask, options)
    const moved = await this.#change(request.id, 'reassign', { body: { driver, sealedPrompt }, options })
    return { request: moved, sealedPrompt }
  }

  cancel(id: string, options: CallOptions = {}): Promise<MarketRequest> {
    return this.#change(id, 'cancel', { body: undefined, options })
  }

  acknowledge(
    ask: { readonly id: string; readonly received: TokenCounts; readonly fence?: number },
    options: CallOptions = {},
  ): Promise<MarketRequest> {
    const { id, ...body } = ask
    return this.#change(id, 'acknowledge', { body, options })
  }

  async flag(
    { id, reason }: { readonly id: string; readonly reason: FlagReason },
    { signal }: CallOptions = {},
  ): Promise<void> {
    const path = `/v1/requests/${encodeURIComponent(id)}/flag`
    await this.#init.http.ask({ method: 'POST', path, body: { reason }, signal })
  }

  async compare({ preferred, other, content }: ComparisonAsk, { signal }: CallOptions = {}): Promise<void> {
    const openings = comparisonOpenings(content, { preferred, other }, this.#init.historyKey)
    const body = { preferred, other, ...openings }
    await this.#init.http.ask({ method: 'POST', path: '/v1/comparisons', body, signal })
  }

  async request(id: string, { signal }: CallOptions = {}): Promise<MarketRequest> {
    const path = `/v1/requests/${encodeURIComponent(id)}`
    return readRequest(await this.#init.http.ask({ method: 'GET', path, signal }))
  }

  async receipts(request: MarketRequest, { signal }: CallOptions = {}): Promise<CheckedReceipts> {
    const { http, clock } = this.#init
    const path = `/v1/requests/${encodeURIComponent(request.id)}/receipts`
    const answer = await http.ask({ method: 'GET', path, signal })
    const receipts = answer.list('receipts', (receipt) => receipt.all)
    return checkReceipts(request, receipts, clock)
  }

  async requests({ before, limit, signal }: RequestsOptions = {}): Promise<readonly MarketRequest[]> {
    const path = withQuery('/v1/requests', { before, limit })
    const answer = await this.#init.http.ask({ method: 'GET', path, signal })
    return answer.list('requests', readRequest)
  }

  readPrompt(sealedPrompt: string): Promise<OwnPrompt> {
    return readPrompt(sealedPrompt, this.#init.historyKey)
  }

  async balance({ signal }: CallOptions = {}): Promise<MarketBalance> {
    return readBalance(await this.#init.http.ask({ method: 'GET', path: '/v1/balance', signal }))
  }

  async deposit({ id, party, amount }: DepositAsk, { signal }: CallOptions = {}): Promise<MarketBalance> {
    const { http, random } = this.#init
    const body = { id: id ?? requestUuid(random), party, amount: String(amount) }
    return readBalance(await http.ask({ method: 'POST', path: '/v1/deposits', body, signal }))
  }

  events(options: MarketEventsOptions): AsyncIterable<MarketEvent> {
    return this.#init.events.subscribe(options)
  }

  async #seal(
    { request, content, driver }: PromptAsk & { readonly driver: PartyId },
    { signal }: CallOptions,
  ): Promise<string> {
    const { historyKey, random } = this.#init
    const key = await this.#init.keys.keyOf(driver, signal)
    return sealForRequest({ content, request, driver, key, historyKey, random })
  }

  async #change(
    id: string,
    what: string,
    { body, options }: { readonly body: unknown; readonly options: CallOptions },
  ): Promise<MarketRequest> {
    const path = `/v1/requests/${encodeURIComponent(id)}/${what}`
    const { signal } = options
    return readRequest(await this.#init.http.ask({ method: 'POST', path, body, signal }))
  }
}

function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | bigint | undefined>>,
): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value))
  return given.size === 0 ? path : `${path}?${given.toString()}`
}
