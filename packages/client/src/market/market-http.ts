import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Milliseconds, Random, ShardlineError } from '@shardline/core'
import { MESSAGE_AGE_MS_MAX, signRequest } from '@shardline/identity'
import type { Identity, PartyId, RequestHeaders } from '@shardline/identity'
import { AnswerFields } from './answer-fields.ts'
import { fetchAnswer } from './fetch-answer.ts'
import type { Answer, Fetch } from './fetch-answer.ts'
import {
  ClockSkewedError,
  MarketMismatchError,
  MarketRefusedError,
  MarketUnreachableError,
  SignerMissingError,
} from './market-errors.ts'
import { readFacts } from './market-facts.ts'
import type { MarketFacts } from './market-facts.ts'
import * as limits from './market-limits.ts'

/** Limits of talking to a market that can be set. */
export interface MarketLimits {
  /** @default MARKET_ANSWER_MS_MAX */
  readonly answerMsMax?: Milliseconds
  /** @default MARKET_ANSWER_BYTES_MAX */
  readonly answerBytesMax?: number
  /** @default MARKET_TRIES_MAX */
  readonly triesMax?: number
  /** @default MARKET_RETRY_MS */
  readonly retryMs?: Milliseconds
  /** @default MARKET_RETRY_MS_MAX */
  readonly retryMsMax?: Milliseconds
}

/** What a {@link MarketHttp} works with. */
export interface MarketHttpInit {
  /** `http://host:port` or `https://…`, with or without a path before the market's own. */
  readonly url: string
  /** Which market it has to be; undefined: whoever answers there at first. */
  readonly marketId: PartyId | undefined
  /** Who signs; undefined can only ask what is for everyone. */
  readonly identity: Identity | undefined
  readonly clock: Clock
  readonly random: Pick<Random, 'bytes' | 'float'>
  readonly fetch: Fetch
  readonly limits: MarketLimits
}

/** One call of a market. */
export interface MarketAsk {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query. */
  readonly path: string
  readonly body?: unknown
  /** Whether who asks must be known. @default true */
  readonly isSigned?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Failures of the moment, by the market's code: the same call can succeed in a while. */
const MOMENTARY: readonly string[] = ['MARKET_RATE_LIMITED', 'IDENTITY_NONCE_REUSED']
/** HTTP statuses with which a market, or what stands before it, says that it can't serve now. */
const UNAVAILABLE: readonly number[] = [502, 503, 504]

/**
 * Talks to a market. Every call is safe to send again, since the market does the same call once: so a call whose answer
 * was lost is sent again, signed anew with a fresh nonce, a few times with growing waits.
 */
export class MarketHttp {
  readonly #init: MarketHttpInit
  #facts: Promise<MarketFacts> | undefined

  constructor(init: MarketHttpInit) {
    this.#init = init
  }

  /** Where the market is, without a slash at the end. */
  get address(): string {
    return this.#init.url.replace(/\/+$/, '')
  }

  /** Which market it is: the one that was given, else the one that answers. */
  async marketId(): Promise<PartyId> {
    if (this.#init.marketId !== undefined) return this.#init.marketId
    try {
      this.#facts ??= this.facts()
      return (await this.#facts).id
    } catch (cause) {
      this.#facts = undefined
      throw cause
    }
  }

  /** Whose market this is, as it says itself. */
  async facts(): Promise<MarketFacts> {
    return readFacts(await this.ask({ method: 'GET', path: '/v1/market', isSigned: false }))
  }

  /**
   * Calls the market.
   *
   * @throws MarketUnreachableError, MarketAnswerError, MarketRefusedError, MarketMismatchError, ClockSkewedError,
   * SignerMissingError, AbortedError
   */
  async ask(ask: MarketAsk): Promise<AnswerFields> {
    const { text } = await this.#askAgain(ask)
    return this.#parse(text, 'the answer')
  }

  /** Calls the market for a text. @throws as {@link ask}. */
  async askText(ask: MarketAsk): Promise<string> {
    const { text } = await this.#askAgain(ask)
    return text
  }

  /** The headers that sign a call, made now. @throws SignerMissingError */
  async sign(ask: MarketAsk, body?: Uint8Array): Promise<RequestHeaders> {
    const { identity, clock, random } = this.#init
    if (identity === undefined) throw new SignerMissingError(ask.path)
    const audience = await this.marketId()
    return signRequest({ identity, clock, random, method: ask.method, path: ask.path, body, audience })
  }

  async #askAgain(ask: MarketAsk): Promise<Answer> {
    const { clock, limits: settings } = this.#init
    const { triesMax = limits.MARKET_TRIES_MAX } = settings
    for (let tries = 1; ; tries++) {
      try {
        return await this.#askOnce(ask)
      } catch (cause) {
        if (ask.signal?.aborted === true) throw new AbortedError('asking the market', ask.signal.reason)
        const error = fromUnknown(cause)
        if (tries >= triesMax || !isMomentary(error)) throw await this.#explain(error)
        await clock.sleep(this.retryMs(tries, error), ask.signal === undefined ? {} : { signal: ask.signal })
      }
    }
  }

  /** How long to wait before the next of several tries. */
  retryMs(tries: number, error?: ShardlineError): Milliseconds {
    const { random, limits: settings } = this.#init
    const { retryMs = limits.MARKET_RETRY_MS, retryMsMax = limits.MARKET_RETRY_MS_MAX } = settings
    const told = error instanceof MarketRefusedError ? Number(error.remoteDetails['waitMs'] ?? 0) : 0
    const wait = Math.min(retryMsMax, retryMs * 2 ** (tries - 1))
    // All who lost their answers at once must not come back at once.
    return Math.min(retryMsMax, Math.max(told, wait / 2 + random.float() * (wait / 2)))
  }

  async #askOnce(ask: MarketAsk): Promise<Answer> {
    const { clock, fetch, limits: settings } = this.#init
    const body = ask.body === undefined ? undefined : toBytes(ask.body)
    const signature = ask.isSigned === false ? {} : await this.sign(ask, body)
    const answer = await fetchAnswer({
      url: `${this.address}${ask.path}`,
      address: this.address,
      method: ask.method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...signature },
      body,
      clock,
      fetch,
      signal: ask.signal,
      msMax: settings.answerMsMax ?? limits.MARKET_ANSWER_MS_MAX,
      bytesMax: settings.answerBytesMax ?? limits.MARKET_ANSWER_BYTES_MAX,
    })
    if (answer.status >= 200 && answer.status < 300) return answer
    throw this.#refusal(answer)
  }

  #refusal({ status, text }: Answer): ShardlineError {
    const place = `an answer of status ${status}`
    let error: AnswerFields
    try {
      error = this.#parse(text, place).fields('error')
    } catch (cause) {
      // What stands before a market answers in its own words when there is none behind it.
      if (UNAVAILABLE.includes(status)) return new MarketUnreachableError(this.address, place, cause)
      throw cause
    }
    return new MarketRefusedError({
      code: error.text('code'),
      message: error.text('message'),
      isRetryable: error.maybe('retryable', (from) => from.flag('retryable')) ?? false,
      details: error.details('details'),
      status,
    })
  }

  #parse(text: string, place: string): AnswerFields {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      // Text that is no JSON and JSON that is no object are the same to the caller.
    }
    return new AnswerFields(value, { address: this.address, place })
  }

  /** A signature that the market can't check is most often one for another market, or at another time. */
  async #explain(error: ShardlineError): Promise<ShardlineError> {
    if (!(error instanceof MarketRefusedError)) return error
    const { marketId, clock } = this.#init
    if (!['IDENTITY_SIGNATURE_WRONG', 'IDENTITY_MESSAGE_STALE'].includes(error.remoteCode)) return error
    const facts = await this.facts()
    if (marketId !== undefined && facts.id !== marketId) {
      return new MarketMismatchError(this.address, marketId, facts.id)
    }
    const aheadMs = clock.now() - facts.timeMs
    return error.remoteCode === 'IDENTITY_MESSAGE_STALE'
      ? new ClockSkewedError(aheadMs, MESSAGE_AGE_MS_MAX)
      : error
  }
}

function isMomentary(error: ShardlineError): boolean {
  if (error instanceof MarketUnreachableError) return true
  return (
    error instanceof MarketRefusedError &&
    (MOMENTARY.includes(error.remoteCode) || UNAVAILABLE.includes(error.status))
  )
}

/** As JSON, with amounts as texts. */
function toBytes(body: unknown): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(body, (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return new Uint8Array(new TextEncoder().encode(text))
}
