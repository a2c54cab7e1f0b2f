import type { Milliseconds } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { AskContent, Transport } from '@shardline/wire'
import type { CheckedReceipts } from './check-receipts.ts'
import type { VerifiedDriverKey } from './driver-key-directory.ts'
import type { MarketBalance } from './market-balance.ts'
import type { DriverFilters, MarketDriver } from './market-driver.ts'
import type { MarketEvent, MarketEventsOptions } from './market-event.ts'
import type { MarketFacts } from './market-facts.ts'
import type { MarketModel, MarketPrice, MarketPricePoint, MarketQuote } from './market-price.ts'
import type { MarketRequest, TokenCounts } from './market-request.ts'
import type { OwnPrompt } from './prompt-seal.ts'

/** Options that every call of a market takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** Credits from outside. */
export interface DepositAsk {
  /** A UUID in lower case. @default a new one */
  readonly id?: string
  readonly party: PartyId
  /** Microcredits, from 1. */
  readonly amount: bigint
}

/** Options of {@link MarketClient.history}. */
export interface HistoryOptions extends CallOptions {
  /** @default as many as the market gives at once */
  readonly limit?: number
  /** Only points before this one. @default the newest */
  readonly beforeSeq?: bigint
}

/** What a quote is asked for. */
export interface QuoteAsk {
  readonly model: string
  readonly promptTokensMax: number
  readonly outputTokensMax: number
}

/** How drivers are measured. */
export interface MeasureOptions {
  readonly transport: Pick<Transport, 'dial'>
  /** Drivers that are dialed, from the first on. @default DRIVERS_MEASURED_MAX */
  readonly driversMax?: number
  /** Drivers that are dialed at the same time. @default DIALS_AT_ONCE_MAX */
  readonly atOnceMax?: number
  /** @default MEASURE_MS_MAX */
  readonly msMax?: Milliseconds
}

/** Options of {@link MarketClient.drivers}. */
export interface DriversOptions extends CallOptions {
  readonly filters?: DriverFilters
  /** Dials the drivers to see how long that takes. @default nobody is dialed */
  readonly measure?: MeasureOptions
}

/** A driver, with what it costs and how far away it is. */
export interface PricedDriver extends MarketDriver {
  /** Microcredits per 1,000,000 tokens of its model now: the same for all drivers of a model. */
  readonly price: string
  /** Milliseconds to connect to it and see that it is itself; undefined if it wasn't measured or not reached. */
  readonly latencyMs: Milliseconds | undefined
}

/** What a request is opened with. */
export interface OpenAsk {
  /** A UUID in lower case: the same one again opens nothing new. @default a new one */
  readonly id?: string
  readonly model: string
  readonly driver: PartyId
  /** Upper bound on the prompt's tokens. */
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  /** Refused while the price is above it: microcredits per 1,000,000 tokens, as a decimal. @default no bound */
  readonly maxPrice?: string
  /** 0 to 9; higher is served first. @default 0 */
  readonly priority?: number
  /** Milliseconds from now until it fails. @default what the market sets */
  readonly maxTimeMs?: Milliseconds
  readonly filters?: DriverFilters
  /** Binds the request to this prompt, unseen, so that its answer can be compared. @default it can't be compared */
  readonly comparable?: AskContent
}

/** A request whose prompt is to be sealed, and to whom. */
export interface PromptAsk {
  /** As the market answered it when it was opened. */
  readonly request: MarketRequest
  readonly content: AskContent
}

/** A prompt that the market has taken. */
export interface SubmittedPrompt {
  readonly request: MarketRequest
  /** Base64. The market deletes it when the request ends; who keeps it can read it again with {@link MarketClient.readPrompt}. */
  readonly sealedPrompt: string
}

/** Why an answer was no success. */
export type FlagReason = 'wrong-model' | 'garbage' | 'cut-off' | 'too-slow' | 'other'

/** One prompt that was asked twice, and which answer was preferred. Both were opened with it as `comparable`. */
export interface ComparisonAsk {
  readonly preferred: string
  readonly other: string
  readonly content: AskContent
}

/** A page of one's own requests. */
export interface RequestsOptions extends CallOptions {
  /** Only those that were opened before this one. @default the newest */
  readonly before?: string
  /** @default as many as the market gives at once */
  readonly limit?: number
}

/**
 * A market as its user has it. Every call is sent again if its answer was lost, and has its effect once.
 *
 * All methods throw MarketUnreachableError, MarketAnswerError, MarketRefusedError (with the market's own code),
 * MarketMismatchError, ClockSkewedError, SignerMissingError and AbortedError; below stands what else they throw.
 */
export interface MarketClient {
  facts(options?: CallOptions): Promise<MarketFacts>
  models(options?: CallOptions): Promise<readonly MarketModel[]>
  prices(options?: CallOptions): Promise<readonly MarketPrice[]>
  /** A model's price after each event, newest first. */
  history(model: string, options?: HistoryOptions): Promise<readonly MarketPricePoint[]>
  /** What a request would cost now; with an identity also how much of it that party can pay. Binds nobody. */
  quote(ask: QuoteAsk, options?: CallOptions): Promise<MarketQuote>
  /** Drivers with live capacity for a model, best first. */
  drivers(model: string, options?: DriversOptions): Promise<readonly PricedDriver[]>
  /**
   * A driver's key to seal to, shown to be the newest that the driver itself put into the market's log.
   *
   * @throws DriverKeyForgedError, DriverKeyNotCurrentError, DriverKeyExpiredError, KeyLogForkedError, KeyLogStaleError,
   * KeyLogCheckpointError, KeyProofMalformedError of `@shardline/identity`.
   */
  driverKey(driver: PartyId, options?: CallOptions): Promise<VerifiedDriverKey>
  /** The last signed checkpoint of the log of driver keys that was accepted. Keep it, and give it to the next client as `keyLogSeen`. */
  readonly keyLogSeen: string | undefined
  /**
   * Compares with the checkpoint that another user was shown.
   *
   * @throws KeyLogForkedError if the market shows different logs to both; KeyLogCheckpointError if it is of another log.
   */
  compareKeyLog(checkpoint: string, options?: CallOptions): Promise<void>

  /** Locks the price and holds the escrow. */
  open(ask: OpenAsk, options?: CallOptions): Promise<MarketRequest>
  /** Seals the prompt to the request's driver, and puts it into the driver's queue. @throws as {@link driverKey}; PromptTooLongError. */
  submit(ask: PromptAsk, options?: CallOptions): Promise<SubmittedPrompt>
  /** Puts a prompt into the queue that was sealed before, as {@link SubmittedPrompt} has it. */
  submitSealed(id: string, sealedPrompt: string, options?: CallOptions): Promise<MarketRequest>
  /** Moves a waiting request to another driver, with the prompt sealed to that one. @throws as {@link submit}. */
  reassign(ask: PromptAsk & { readonly driver: PartyId }, options?: CallOptions): Promise<SubmittedPrompt>
  /** Takes a waiting request back. */
  cancel(id: string, options?: CallOptions): Promise<MarketRequest>
  /** Says how many tokens have come, in all; `fence` names the claim under which they came. */
  acknowledge(
    ask: { readonly id: string; readonly received: TokenCounts; readonly fence?: number },
    options?: CallOptions,
  ): Promise<MarketRequest>
  /** Says that an answer was no success. Costs the feedback fee. */
  flag(ask: { readonly id: string; readonly reason: FlagReason }, options?: CallOptions): Promise<void>
  /** Says which of two answers to one prompt was preferred. Costs the feedback fee. */
  compare(ask: ComparisonAsk, options?: CallOptions): Promise<void>

  request(id: string, options?: CallOptions): Promise<MarketRequest>
  /**
   * The receipts of everyone who took part in a delivered request, each signature checked and all compared with the
   * market's record of it, so that they show who did the work that was paid for.
   *
   * @throws ReceiptsUnverifiedError
   */
  receipts(request: MarketRequest, options?: CallOptions): Promise<CheckedReceipts>
  /** One's own requests, newest first. */
  requests(options?: RequestsOptions): Promise<readonly MarketRequest[]>
  /** Reads one's own prompt again. @throws SealMalformedError, SealBrokenError, HistoryKeyWrongError of `@shardline/identity`. */
  readPrompt(sealedPrompt: string): Promise<OwnPrompt>
  balance(options?: CallOptions): Promise<MarketBalance>
  /**
   * Gives credits to a party; for the market's operators only. The same id never gives twice, so whoever isn't sure
   * whether it took place sends it again.
   */
  deposit(ask: DepositAsk, options?: CallOptions): Promise<MarketBalance>
  /**
   * What happens, as it happens. After each connection comes first how things stand, so nothing that happened in between
   * is missed. Ends when the loop is left or the signal aborts.
   *
   * @throws WebSocketMissingError
   */
  events(options: MarketEventsOptions): AsyncIterable<MarketEvent>
}
