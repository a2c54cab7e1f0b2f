import { ShardlineError } from '@shardline/core'
import type { ErrorDetails } from '@shardline/core'

/** Nothing answers where the market should be, its answer didn't come in time, or it was cut off. */
export class MarketUnreachableError extends ShardlineError {
  override readonly name = 'MarketUnreachableError'
  readonly code = 'CLIENT_MARKET_UNREACHABLE'
  override readonly retryable = true

  constructor(address: string, why: string, cause?: unknown) {
    super(`the market at ${address} can't be reached: ${why}`, { details: { address }, cause })
  }
}

/** What answers is no market, or one that says what no market says. */
export class MarketAnswerError extends ShardlineError {
  override readonly name = 'MarketAnswerError'
  readonly code = 'CLIENT_MARKET_ANSWER'

  constructor(address: string, what: string) {
    super(`what answers at ${address} is no market: ${what}`, { details: { address } })
  }
}

/** What a market said when it refused. */
export interface MarketRefusal {
  /** The market's code, such as `MARKET_CREDITS_INSUFFICIENT`; see docs/reference/errors.md. */
  readonly code: string
  readonly message: string
  readonly isRetryable: boolean
  readonly details: ErrorDetails
  /** HTTP status. */
  readonly status: number
}

/** The market refuses, and says why. */
export class MarketRefusedError extends ShardlineError {
  override readonly name = 'MarketRefusedError'
  readonly code = 'CLIENT_MARKET_REFUSED'
  override readonly retryable: boolean
  /** The market's code. */
  readonly remoteCode: string
  /** The market's details. */
  readonly remoteDetails: ErrorDetails
  /** HTTP status. */
  readonly status: number

  constructor({ code, message, isRetryable, details, status }: MarketRefusal) {
    super(`the market refuses: ${message} [${code}]`, { details: { ...details, remoteCode: code } })
    this.retryable = isRetryable
    this.remoteCode = code
    this.remoteDetails = details
    this.status = status
  }
}

/** Another market answers than the one that was meant. */
export class MarketMismatchError extends ShardlineError {
  override readonly name = 'MarketMismatchError'
  readonly code = 'CLIENT_MARKET_MISMATCH'

  constructor(address: string, expected: string, given: string) {
    super(`the market at ${address} is ${given}; meant is ${expected}`, {
      details: { address, expected, given },
    })
  }
}

/** This computer's clock and the market's differ by more than signed requests allow. */
export class ClockSkewedError extends ShardlineError {
  override readonly name = 'ClockSkewedError'
  readonly code = 'CLIENT_CLOCK_SKEWED'

  constructor(aheadMs: number, skewMsMax: number) {
    const way = aheadMs > 0 ? 'ahead of' : 'behind'
    super(
      `the clock here is ${Math.round(Math.abs(aheadMs))} ms ${way} the market's; at most ${skewMsMax} ms are allowed`,
      { details: { aheadMs: Math.round(aheadMs), skewMsMax } },
    )
  }
}

/** Something was asked that a market answers to a signature alone, and there is nobody to sign. */
export class SignerMissingError extends ShardlineError {
  override readonly name = 'SignerMissingError'
  readonly code = 'CLIENT_SIGNER_MISSING'

  constructor(path: string) {
    super(`${path} needs a signature; give connectMarket an identity`, { details: { path } })
  }
}

/** There is no WebSocket here to get events with. */
export class WebSocketMissingError extends ShardlineError {
  override readonly name = 'WebSocketMissingError'
  readonly code = 'CLIENT_WEBSOCKET_MISSING'

  constructor() {
    super('events need a WebSocket, and this runtime has none of its own; give connectMarket one')
  }
}

/** The receipts of a request don't show who did the work that was paid for. */
export class ReceiptsUnverifiedError extends ShardlineError {
  override readonly name = 'ReceiptsUnverifiedError'
  readonly code = 'CLIENT_RECEIPTS_UNVERIFIED'

  constructor(request: string, why: string) {
    super(`the receipts of request ${request} don't hold: ${why}`, { details: { request } })
  }
}
