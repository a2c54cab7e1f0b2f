import type { AnswerEvent, AskContent, OfferMessage } from '@shardline/wire'
import type { MarketRequest } from './market/market-request.ts'

/** A model that can be asked, and what is known of it. */
export type OfferedModel = OfferMessage['models'][number] & {
  /** Microcredits per 1,000,000 tokens now, as an exact decimal. @default it costs nothing */
  readonly price?: string | undefined
}

/** How an answer came about: what a user may want to know beyond its text. */
export interface AnswerReport {
  /** The request's id. */
  readonly ask: string
  /** Readable party id of the driver. */
  readonly driver: string
  /** Readable party id of the validator that signed the tokens; undefined before the first token. */
  readonly validator: string | undefined
  readonly stages: readonly { readonly role: string; readonly party: string }[]
  /** Whether every token is covered by a valid signature of the validator. */
  readonly isVerified: boolean
  readonly isFailover: boolean
  /**
   * Microcredits billed, undefined as long as the market hasn't said; and the price per 1,000,000 tokens. Both undefined
   * in a private cluster without a market.
   */
  readonly billed: bigint | undefined
  readonly lockedPrice: string | undefined
  /**
   * The market's record of the request as it stood last: who took part, what was held, and how it was divided. Undefined
   * without a market. It is not final while `billed` is undefined.
   */
  readonly payment: MarketRequest | undefined
}

/**
 * An answer on its way: iterate for its events; leaving the loop early, or aborting the signal, cancels it, and the
 * driver frees its caches. Windows have been verified when they are yielded.
 */
export interface AskStream extends AsyncIterable<AnswerEvent> {
  /** Resolves when the answer has ended and all of it is verified. Rejects by what ended it. */
  readonly report: Promise<AnswerReport>
}

/** Options of one ask. */
export interface AskOptions {
  readonly signal?: AbortSignal
}

/** Whoever can be asked: a driver of a private cluster, or a market's drivers. The gateway needs no more than this. */
export interface AnswerSource extends AsyncDisposable {
  /** What can be asked now. */
  models(): Promise<readonly OfferedModel[]>
  /** Asks; a failure of any kind surfaces in the stream as its coded error. */
  ask(content: AskContent, options?: AskOptions): AskStream
}
