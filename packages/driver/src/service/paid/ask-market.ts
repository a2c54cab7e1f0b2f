import type { Milliseconds } from '@shardline/core'
import type { PartyId } from '@shardline/identity'

/** Tokens of both kinds, in all. */
export interface PaidTokens {
  readonly prompt: number
  readonly output: number
}

/** A claim of a request, which each later call names. */
export interface ClaimName {
  /** The request's id: also the id of the ask that comes over the link. */
  readonly id: string
  /** Grows with each claim; a claim counts for as long as nobody has made a later one. */
  readonly fence: number
}

/** A claimed request. Times are milliseconds since 1970. */
export interface PaidWork extends ClaimName {
  /** The model, as the market names it. */
  readonly model: string
  readonly leaseUntilMs: Milliseconds
  readonly deadlineMs: Milliseconds
  /** Microcredits held for it: what its prompt is sealed for. */
  readonly hold: bigint
  readonly promptTokensMax: number
  /** Of all its choices together. */
  readonly outputTokensMax: number
  readonly filters: PaidFilters
  /** Base64: what its user sealed for this driver, as the market has it. */
  readonly sealedPrompt: string
}

/** What the user demands of those who take part, as far as a driver can see to it. */
export interface PaidFilters {
  /** Only these workers may take part. @default any */
  readonly workers?: readonly PartyId[]
  /** Workers that aren't on the list may not even stand by; without a list, none may. @default false */
  readonly trustedWorkersOnly?: boolean
  /** @default any */
  readonly numericClass?: string
}

/** Who takes part in an answer. */
export interface PaidParticipants {
  readonly validator: PartyId
  /** In the order of their layers; `first` and `last` are both included. */
  readonly workers: readonly { readonly node: PartyId; readonly first: number; readonly last: number }[]
  readonly layerCount: number
}

/** Why a request is given up: there will be no answer; or it is out, and nobody can show who made it. */
export type GiveUpReason = 'not-answered' | 'proof-lost'

/** Options of every call. */
export interface AskMarketOptions {
  readonly signal?: AbortSignal
}

/**
 * Where a driver that is paid claims the requests that it answers: the part of a market that it needs, which
 * `connectWorkSource` of `@shardline/client` gives.
 *
 * Every call has its effect once, however often it is made. An error with a `remoteCode` (the market's code) that isn't
 * `retryable` is the market's decision; any other means that it couldn't be asked, or not now.
 */
export interface AskMarket {
  /**
   * Claims the request of that id. `key` is a UUID, new for each claim.
   *
   * @throws with `MARKET_NOT_FOUND`, `MARKET_FORBIDDEN`, `MARKET_REQUEST_STATE` where there is nothing to claim.
   */
  claim(
    ask: { readonly key: string; readonly id: string },
    options?: AskMarketOptions,
  ): Promise<PaidWork | undefined>
  /** Names the participants; the request runs from then on. Again with others when a stage was replaced. */
  start(
    ask: ClaimName & { readonly participants: PaidParticipants },
    options?: AskMarketOptions,
  ): Promise<unknown>
  /** Says how many tokens are out so far, in all; renews the lease. */
  progress(ask: ClaimName & { readonly delivered: PaidTokens }, options?: AskMarketOptions): Promise<unknown>
  /** What this driver's key holds, oldest first; when many, those only. */
  claims(options?: AskMarketOptions): Promise<readonly ClaimName[]>
  /** Gives the request back: it waits for the next claim. */
  release(ask: ClaimName, options?: AskMarketOptions): Promise<unknown>
  /** Ends the request: nobody is billed, and no further claim answers it. */
  giveUp(ask: ClaimName & { readonly reason: GiveUpReason }, options?: AskMarketOptions): Promise<unknown>
  /** Says that the answer is out, and hands in everyone's signed receipts. */
  deliver(
    ask: ClaimName & {
      readonly delivered: PaidTokens
      readonly receipts: readonly Readonly<Record<string, unknown>>[]
    },
    options?: AskMarketOptions,
  ): Promise<unknown>
}
