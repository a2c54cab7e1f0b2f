import { ShardlineError } from '@shardline/core'
import type { ErrorDetails } from '@shardline/core'

/** A value is not what its field takes. */
export class MarketInputError extends ShardlineError {
  override readonly name = 'MarketInputError'
  readonly code = 'MARKET_INPUT_INVALID'

  constructor(field: string, given: string, allowed: string) {
    super(`${field} is ${given.slice(0, 80)}; it must be ${allowed}`, { details: { field, allowed } })
  }
}

/** No such model, node or request, or none that the asker may know of. */
export class MarketNotFoundError extends ShardlineError {
  override readonly name = 'MarketNotFoundError'
  readonly code = 'MARKET_NOT_FOUND'

  constructor(kind: 'model' | 'node' | 'request', id: string) {
    super(`there is no ${kind} ${id}`, { details: { kind, id } })
  }
}

/** The signer may not do this: it is another party's right. */
export class MarketForbiddenError extends ShardlineError {
  override readonly name = 'MarketForbiddenError'
  readonly code = 'MARKET_FORBIDDEN'

  constructor(what: string, whoMay: string) {
    super(`only ${whoMay} may ${what}`, { details: { what, whoMay } })
  }
}

/** The request is in a state in which this can't happen. */
export class RequestStateError extends ShardlineError {
  override readonly name = 'RequestStateError'
  readonly code = 'MARKET_REQUEST_STATE'

  constructor(id: string, state: string, event: string) {
    super(`request ${id} is ${state}; ${event} is not possible then`, { details: { id, state, event } })
  }
}

/** A write names a fence that is not the current one: the claim lapsed, and somebody may have claimed since. */
export class FenceStaleError extends ShardlineError {
  override readonly name = 'FenceStaleError'
  readonly code = 'MARKET_FENCE_STALE'

  constructor(id: string, given: number, current: number) {
    super(`request ${id} is at fence ${current}; fence ${given} no longer counts`, {
      details: { id, given, current },
    })
  }
}

/** The price is above what the user would pay. */
export class PriceAboveMaxError extends ShardlineError {
  override readonly name = 'PriceAboveMaxError'
  readonly code = 'MARKET_PRICE_ABOVE_MAX'
  override readonly retryable = true

  constructor(price: string, maxPrice: string) {
    super(`the price is ${price} microcredits per 1,000,000 tokens, above the bound of ${maxPrice}`, {
      details: { price, maxPrice },
    })
  }
}

/** The user's free credits don't cover the escrow. */
export class CreditsInsufficientError extends ShardlineError {
  override readonly name = 'CreditsInsufficientError'
  readonly code = 'MARKET_CREDITS_INSUFFICIENT'

  constructor(details: {
    readonly hold: bigint
    readonly available: bigint
    readonly affordableTokens: bigint
  }) {
    super(
      `the escrow is ${details.hold} microcredits and ${details.available} are free; that covers ${details.affordableTokens} tokens`,
      { details },
    )
  }
}

/** The id was used before, for something else. */
export class RequestExistsError extends ShardlineError {
  override readonly name = 'RequestExistsError'
  readonly code = 'MARKET_REQUEST_EXISTS'

  constructor(id: string, field: string) {
    super(`${id} was used before, with another ${field}; choose a new id`, { details: { id, field } })
  }
}

/** A driver or worker doesn't meet the filters that the user set. */
export class FilterUnmetError extends ShardlineError {
  override readonly name = 'FilterUnmetError'
  readonly code = 'MARKET_FILTER_UNMET'

  constructor(node: string, because: string) {
    super(`${node} does not meet the filters of the request: ${because}`, { details: { node, because } })
  }
}

/** The participants that a driver named can't serve the request. */
export class ParticipantsError extends ShardlineError {
  override readonly name = 'ParticipantsError'
  readonly code = 'MARKET_PARTICIPANTS_INVALID'

  constructor(because: string, details: ErrorDetails = {}) {
    super(`these participants can't serve the request: ${because}`, { details: { because, ...details } })
  }
}

/** A receipt doesn't count, and the reason says why: foreign, stale, doubled, gap, overlap, counts, signature. */
export class ReceiptsRefusedError extends ShardlineError {
  override readonly name = 'ReceiptsRefusedError'
  readonly code = 'MARKET_RECEIPTS_REFUSED'

  constructor(reason: string, details: ErrorDetails = {}) {
    super(`the receipts are refused: ${reason}`, { details: { reason, ...details } })
  }
}

/** Feedback on a request that can't get it: not completed, too old, or given before. */
export class FeedbackRefusedError extends ShardlineError {
  override readonly name = 'FeedbackRefusedError'
  readonly code = 'MARKET_FEEDBACK_REFUSED'

  constructor(id: string, because: string) {
    super(`feedback on request ${id} is refused: ${because}`, { details: { id, because } })
  }
}

/** More than a limit allows; the message names the limit. */
export class MarketLimitError extends ShardlineError {
  override readonly name = 'MarketLimitError'
  readonly code = 'MARKET_LIMIT'
  override readonly retryable = true

  constructor(what: string, given: number, limit: number) {
    super(`${what}: ${given}, and the limit is ${limit}`, { details: { what, given, limit } })
  }
}

/** The market was closed. */
export class MarketClosedError extends ShardlineError {
  override readonly name = 'MarketClosedError'
  readonly code = 'MARKET_CLOSED'
  override readonly retryable = true

  constructor() {
    super('the market is closed; ask again when it is back, or ask another replica')
  }
}

/** The ledger refused a transfer that its rules must allow here: money is safe where it is, and an operator must look. */
export class SettlementRefusedError extends ShardlineError {
  override readonly name = 'SettlementRefusedError'
  readonly code = 'MARKET_SETTLEMENT_REFUSED'

  constructor(id: string, statuses: readonly string[]) {
    super(`the ledger refused to settle request ${id}: ${statuses.join(', ')}`, { details: { id, statuses } })
  }
}
