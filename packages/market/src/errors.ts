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

  constructor(kind: 'model' | 'node' | 'request' | 'driver key', id: string) {
    super(`there is no ${kind} ${id}`, { details: { kind, id } })
  }
}

/** Why the log of driver keys doesn't take a key. */
export type KeyRefusal =
  'not valid now' | 'older than its last one' | 'another one of that number' | 'too soon'

/** A driver's key doesn't go into the log. */
export class DriverKeyRefusedError extends ShardlineError {
  override readonly name = 'DriverKeyRefusedError'
  readonly code = 'MARKET_DRIVER_KEY_REFUSED'
  override readonly retryable: boolean

  constructor(driver: string, because: KeyRefusal, details: ErrorDetails = {}) {
    super(`the log takes no such key of driver ${driver}: it is ${because}`, {
      details: { driver, because, ...details },
    })
    this.retryable = because === 'too soon'
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

/** There is no such route. */
export class RouteUnknownError extends ShardlineError {
  override readonly name = 'RouteUnknownError'
  readonly code = 'MARKET_ROUTE_UNKNOWN'

  constructor(method: string) {
    super(`there is nothing to ${method} here; GET /openapi.json lists what there is`, {
      details: { method },
    })
  }
}

/** The route exists, but not with this method. */
export class MethodNotAllowedError extends ShardlineError {
  override readonly name = 'MethodNotAllowedError'
  readonly code = 'MARKET_METHOD_NOT_ALLOWED'

  constructor(method: string, allowed: readonly string[]) {
    super(`${method} is not possible here; allowed is ${allowed.join(', ')}`, {
      details: { method, allowed },
    })
  }
}

/** What came is no HTTP request that can be read. */
export class HttpMalformedError extends ShardlineError {
  override readonly name = 'HttpMalformedError'
  readonly code = 'MARKET_HTTP_MALFORMED'

  constructor(because: string) {
    super(`the request can't be read: ${because}`, { details: { because } })
  }
}

/** The body is no JSON that this market reads. */
export class BodyMalformedError extends ShardlineError {
  override readonly name = 'BodyMalformedError'
  readonly code = 'MARKET_BODY_MALFORMED'

  constructor(because: string) {
    super(`the body can't be read: ${because}`, { details: { because } })
  }
}

/** The body is longer than the market reads. */
export class BodyTooLargeError extends ShardlineError {
  override readonly name = 'BodyTooLargeError'
  readonly code = 'MARKET_BODY_TOO_LARGE'

  constructor(bytesMax: number) {
    super(`the body is too large; allowed are ${bytesMax} bytes`, { details: { bytesMax } })
  }
}

/** The path and query are longer than the market reads. */
export class UrlTooLongError extends ShardlineError {
  override readonly name = 'UrlTooLongError'
  readonly code = 'MARKET_URL_TOO_LONG'

  constructor(charsMax: number) {
    super(`the path and query are too long; allowed are ${charsMax} characters`, { details: { charsMax } })
  }
}

/** The headers are longer than the market reads. */
export class HeadersTooLargeError extends ShardlineError {
  override readonly name = 'HeadersTooLargeError'
  readonly code = 'MARKET_HEADERS_TOO_LARGE'

  constructor(bytesMax: number) {
    super(`the headers are too large; allowed are ${bytesMax} bytes`, { details: { bytesMax } })
  }
}

/** The body is of another kind than JSON. */
export class MediaTypeError extends ShardlineError {
  override readonly name = 'MediaTypeError'
  readonly code = 'MARKET_MEDIA_TYPE'

  constructor() {
    super('the body is of another kind; allowed is application/json in UTF-8')
  }
}

/** The request took too long to arrive. */
export class HttpTimeoutError extends ShardlineError {
  override readonly name = 'HttpTimeoutError'
  readonly code = 'MARKET_HTTP_TIMEOUT'
  override readonly retryable = true

  constructor() {
    super('the request took too long to arrive')
  }
}

/** An address or a party asks more often than it may. */
export class RateLimitedError extends ShardlineError {
  override readonly name = 'RateLimitedError'
  readonly code = 'MARKET_RATE_LIMITED'
  override readonly retryable = true
  /** Milliseconds after which the next request is let through. */
  readonly waitMs: number

  constructor(whose: 'address' | 'party', { perSecond, waitMs }: { perSecond: number; waitMs: number }) {
    super(`too many requests of one ${whose}; allowed are ${perSecond} a second`, {
      details: { whose, perSecond, waitMs },
    })
    this.waitMs = waitMs
  }
}

/** Events come over a WebSocket only. */
export class UpgradeRequiredError extends ShardlineError {
  override readonly name = 'UpgradeRequiredError'
  readonly code = 'MARKET_UPGRADE_REQUIRED'

  constructor() {
    super('events come over a WebSocket; ask for an upgrade to one')
  }
}

/** The market can't serve now: its database doesn't answer, or its sweeps don't run. */
export class MarketNotReadyError extends ShardlineError {
  override readonly name = 'MarketNotReadyError'
  readonly code = 'MARKET_NOT_READY'
  override readonly retryable = true

  constructor(because: 'database' | 'sweeps') {
    super(
      `the market is not ready: its ${because === 'database' ? 'database does not answer' : 'sweeps do not run'}`,
      {
        details: { because },
      },
    )
  }
}

/** The service can't listen at the address that it was given. */
export class AddressUnusableError extends ShardlineError {
  override readonly name = 'AddressUnusableError'
  readonly code = 'MARKET_ADDRESS_UNUSABLE'

  constructor(address: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`can't listen at ${address}: ${reason}`, { details: { address }, cause })
  }
}

/** A setting's name isn't known, or its value isn't one that it takes. */
export class MarketSettingError extends ShardlineError {
  override readonly name = 'MarketSettingError'
  readonly code = 'MARKET_SETTING_INVALID'

  constructor(setting: string, given: unknown, allowed: string) {
    const shown = typeof given === 'string' ? `"${given}"` : (JSON.stringify(given) ?? typeof given)
    super(`the setting ${setting} is ${shown.slice(0, 80)}; allowed is ${allowed}`, {
      details: { setting, allowed },
    })
  }
}
