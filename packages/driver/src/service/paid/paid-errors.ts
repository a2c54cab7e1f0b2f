import { ShardlineError } from '@shardline/core'
import type { RetryLater } from '../service-errors.ts'

/** Nothing is held at the driver's market for an ask, so that it won't be answered. */
export class AskNotPaidError extends ShardlineError {
  override readonly name = 'AskNotPaidError'
  readonly code = 'DRIVER_ASK_NOT_PAID'
  override readonly retryable: boolean

  /** @param why the market's words; `isRetryable` where the request may become claimable again. */
  constructor(ask: string, why: string, { isRetryable }: { readonly isRetryable: boolean }) {
    super(`this driver answers what its market pays for; request ${ask} can't be claimed there: ${why}`, {
      details: { ask, why },
    })
    this.retryable = isRetryable
  }
}

/** An ask carries another sealed prompt than its request at the market: whoever pays for that didn't ask this. */
export class AskOtherError extends ShardlineError {
  override readonly name = 'AskOtherError'
  readonly code = 'DRIVER_ASK_OTHER'

  constructor(ask: string) {
    super(`the prompt that came for request ${ask} isn't the one that was handed in at the market`, {
      details: { ask },
    })
  }
}

/** The driver's market can't be asked, so that nothing new is begun. */
export class MarketDownError extends ShardlineError implements RetryLater {
  override readonly name = 'MarketDownError'
  readonly code = 'DRIVER_MARKET_DOWN'
  override readonly retryable = true
  readonly retryAfterMs: number

  constructor(retryAfterMs: number, cause?: Error) {
    super(`this driver's market can't be asked${cause === undefined ? '' : `: ${cause.message}`}`, {
      details: { retryAfterMs },
      cause,
    })
    this.retryAfterMs = retryAfterMs
  }
}

/** As many answers wait to be settled as may: the market is away, and nothing more is done on credit. */
export class DeliveriesFullError extends ShardlineError implements RetryLater {
  override readonly name = 'DeliveriesFullError'
  readonly code = 'DRIVER_DELIVERIES_FULL'
  override readonly retryable = true
  readonly retryAfterMs: number

  constructor(pendingMax: number, retryAfterMs: number) {
    super(`${pendingMax} answers wait here for the market to take them, the limit`, {
      details: { pendingMax, retryAfterMs },
    })
    this.retryAfterMs = retryAfterMs
  }
}

/** A prompt, or the answers asked for, need more tokens than the user's request at the market allows. */
export class AskOverPaidError extends ShardlineError {
  override readonly name = 'AskOverPaidError'
  readonly code = 'DRIVER_ASK_OVER_PAID'

  constructor(what: 'prompt' | 'output', tokens: number, tokensMax: number) {
    const words = what === 'prompt' ? 'the prompt has' : 'the answers need at least'
    super(`${words} ${tokens} tokens; the request at the market allows ${tokensMax}`, {
      details: { what, tokens, tokensMax },
    })
  }
}

/** The request at the market is for another model than the prompt asks for. */
export class PaidModelMismatchError extends ShardlineError {
  override readonly name = 'PaidModelMismatchError'
  readonly code = 'DRIVER_PAID_MODEL'

  constructor(paid: string, served: readonly string[]) {
    super(`the request at the market is for ${paid}; answered would be from ${served.join(', ')}`, {
      details: { paid, served },
    })
  }
}

/** A stage isn't one that the user lets take part, or works in another numeric class. */
export class StageNotWantedError extends ShardlineError {
  override readonly name = 'StageNotWantedError'
  readonly code = 'DRIVER_STAGE_NOT_WANTED'

  constructor(node: string, why: string) {
    super(`stage ${node} may not take part in this request: ${why}`, { details: { node } })
  }
}

/** The market refuses what the driver says about its claim. */
export class PaymentRefusedError extends ShardlineError {
  override readonly name = 'PaymentRefusedError'
  readonly code = 'DRIVER_PAYMENT_REFUSED'
  /** The market's code. */
  readonly remoteCode: string

  constructor(ask: string, { remoteCode, cause }: { readonly remoteCode: string; readonly cause: Error }) {
    super(`the market refuses to take request ${ask} further: ${cause.message}`, {
      details: { ask, remoteCode },
      cause,
    })
    this.remoteCode = remoteCode
  }
}

/** The claim is no longer the driver's: its lease lapsed, or somebody claimed the request again. */
export class ClaimLostError extends ShardlineError {
  override readonly name = 'ClaimLostError'
  readonly code = 'DRIVER_CLAIM_LOST'
  override readonly retryable = true

  constructor(ask: string, cause: Error) {
    super(`the claim of request ${ask} is lost: ${cause.message}`, { details: { ask }, cause })
  }
}

/** The client's link ended in the middle of an answer that it paid for. */
export class ClientGoneError extends ShardlineError {
  override readonly name = 'ClientGoneError'
  readonly code = 'DRIVER_CLIENT_GONE'
  override readonly retryable = true

  constructor() {
    super('the link to the client ended before the answer did; the request goes back in line')
  }
}

/** An answer is out, but a stage that made it was lost before its receipt was in: nobody can be paid for it. */
export class ProofLostError extends ShardlineError {
  override readonly name = 'ProofLostError'
  readonly code = 'DRIVER_PROOF_LOST'

  constructor(ask: string, cause: Error) {
    super(`request ${ask} is answered, and nobody can prove all of the work: ${cause.message}`, {
      details: { ask },
      cause,
    })
  }
}
