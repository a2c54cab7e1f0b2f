import { ShardlineError } from '@shardline/core'

/** A field of a request is not what it takes. */
export class GatewayFieldError extends ShardlineError {
  override readonly name = 'GatewayFieldError'
  readonly code = 'CLIENT_GATEWAY_FIELD_INVALID'
  /** Path of the field, such as `messages[0].content`. */
  readonly param: string

  constructor(param: string, allowed: string) {
    super(`Invalid value for '${param}': it must be ${allowed}.`, { details: { param, allowed } })
    this.param = param
  }
}

/** A request has a field that its endpoint doesn't know. */
export class GatewayFieldUnknownError extends ShardlineError {
  override readonly name = 'GatewayFieldUnknownError'
  readonly code = 'CLIENT_GATEWAY_FIELD_UNKNOWN'
  readonly param: string

  constructor(param: string) {
    super(`Unknown parameter: '${param}'.`, { details: { param } })
    this.param = param
  }
}

/** A request asks for something that exists, but that this gateway or this model can't do. */
export class GatewayUnsupportedError extends ShardlineError {
  override readonly name = 'GatewayUnsupportedError'
  readonly code = 'CLIENT_GATEWAY_UNSUPPORTED'
  readonly param: string

  constructor(param: string, why: string) {
    super(`Unsupported parameter: '${param}' is not supported here: ${why}.`, { details: { param, why } })
    this.param = param
  }
}

/** Nobody serves the model that a request names. */
export class GatewayModelUnknownError extends ShardlineError {
  override readonly name = 'GatewayModelUnknownError'
  readonly code = 'CLIENT_GATEWAY_MODEL_UNKNOWN'
  readonly param = 'model'

  constructor(given: string, known: readonly string[]) {
    const list = known.length === 0 ? 'none at the moment' : known.slice(0, 20).join(', ')
    super(`The model '${given.slice(0, 200)}' does not exist; served: ${list}.`, { details: { known } })
  }
}

/** A response that is continued or asked for isn't remembered. */
export class GatewayResponseUnknownError extends ShardlineError {
  override readonly name = 'GatewayResponseUnknownError'
  readonly code = 'CLIENT_GATEWAY_RESPONSE_UNKNOWN'
  readonly param: string

  constructor(id: string, param: string) {
    super(
      `Response with id '${id.slice(0, 80)}' not found: the gateway remembers the latest ones, in its memory.`,
      { details: { param } },
    )
    this.param = param
  }
}

/** No endpoint has that path. */
export class GatewayRouteUnknownError extends ShardlineError {
  override readonly name = 'GatewayRouteUnknownError'
  readonly code = 'CLIENT_GATEWAY_ROUTE_UNKNOWN'

  constructor() {
    super('There is no such endpoint; docs/reference/gateway.md lists them.')
  }
}

/** An endpoint was asked with a method that it doesn't take. */
export class GatewayMethodError extends ShardlineError {
  override readonly name = 'GatewayMethodError'
  readonly code = 'CLIENT_GATEWAY_METHOD'

  constructor(methods: readonly string[]) {
    super(`This endpoint takes ${methods.join(', ')}.`, { details: { methods } })
  }
}

/** A request has no access key, or a wrong one. */
export class GatewayKeyWrongError extends ShardlineError {
  override readonly name = 'GatewayKeyWrongError'
  readonly code = 'CLIENT_GATEWAY_KEY_WRONG'

  constructor(isGiven: boolean) {
    super(
      isGiven
        ? 'Incorrect API key provided: it is not the access key of this gateway.'
        : "You didn't provide an API key: give the access key of this gateway as 'Authorization: Bearer KEY'.",
    )
  }
}

/** A page of an origin that isn't allowed made the request. */
export class GatewayOriginError extends ShardlineError {
  override readonly name = 'GatewayOriginError'
  readonly code = 'CLIENT_GATEWAY_ORIGIN_REFUSED'

  constructor() {
    super('Pages of this origin may not use this gateway; its operator can allow them.')
  }
}

/** A request is for a host name that isn't the gateway's: a name that leads here without being meant to. */
export class GatewayHostError extends ShardlineError {
  override readonly name = 'GatewayHostError'
  readonly code = 'CLIENT_GATEWAY_HOST_REFUSED'

  constructor() {
    super('This host name is not one of this gateway; its operator can allow it.')
  }
}

/** A client sends more requests per second than it may. */
export class GatewayRateLimitedError extends ShardlineError {
  override readonly name = 'GatewayRateLimitedError'
  readonly code = 'CLIENT_GATEWAY_RATE_LIMITED'
  override readonly retryable = true
  readonly retryAfterMs: number

  constructor(perSecond: number, retryAfterMs: number) {
    super(`Rate limit reached: ${perSecond} requests per second from one address.`, {
      details: { perSecond, retryAfterMs },
    })
    this.retryAfterMs = retryAfterMs
  }
}

/** As many requests run as may, for this client or at all. */
export class GatewayBusyError extends ShardlineError {
  override readonly name = 'GatewayBusyError'
  readonly code = 'CLIENT_GATEWAY_BUSY'
  override readonly retryable = true
  readonly retryAfterMs: number

  constructor(what: string, limit: number, retryAfterMs: number) {
    super(`${what}; the limit is ${limit}. Try again when one has ended.`, {
      details: { limit, retryAfterMs },
    })
    this.retryAfterMs = retryAfterMs
  }
}

/** A body is longer than the limit. */
export class GatewayBodyTooLargeError extends ShardlineError {
  override readonly name = 'GatewayBodyTooLargeError'
  readonly code = 'CLIENT_GATEWAY_BODY_TOO_LARGE'

  constructor(bytesMax: number) {
    super(`The body is longer than ${bytesMax} bytes, the limit.`, { details: { bytesMax } })
  }
}

/** A body is no JSON object that can be read. */
export class GatewayBodyMalformedError extends ShardlineError {
  override readonly name = 'GatewayBodyMalformedError'
  readonly code = 'CLIENT_GATEWAY_BODY_MALFORMED'

  constructor(why: string) {
    super(`We could not parse the JSON body of your request: ${why}.`, { details: { why } })
  }
}

/** A body is of a type other than JSON. */
export class GatewayMediaTypeError extends ShardlineError {
  override readonly name = 'GatewayMediaTypeError'
  readonly code = 'CLIENT_GATEWAY_MEDIA_TYPE'

  constructor() {
    super('The body must be JSON: send it with content-type: application/json.')
  }
}

/** Headers are longer than the limit. */
export class GatewayHeadersTooLargeError extends ShardlineError {
  override readonly name = 'GatewayHeadersTooLargeError'
  readonly code = 'CLIENT_GATEWAY_HEADERS_TOO_LARGE'

  constructor(bytesMax: number) {
    super(`The headers are longer than ${bytesMax} bytes, the limit.`, { details: { bytesMax } })
  }
}

/** A path with its query is longer than the limit. */
export class GatewayUrlTooLongError extends ShardlineError {
  override readonly name = 'GatewayUrlTooLongError'
  readonly code = 'CLIENT_GATEWAY_URL_TOO_LONG'

  constructor(charsMax: number) {
    super(`The address is longer than ${charsMax} characters, the limit.`, { details: { charsMax } })
  }
}

/** What came is no HTTP request. */
export class GatewayHttpMalformedError extends ShardlineError {
  override readonly name = 'GatewayHttpMalformedError'
  readonly code = 'CLIENT_GATEWAY_HTTP_MALFORMED'

  constructor(why: string) {
    super(`This is no request that can be read: ${why}.`, { details: { why } })
  }
}

/** A request took too long to come in. */
export class GatewayHttpTimeoutError extends ShardlineError {
  override readonly name = 'GatewayHttpTimeoutError'
  readonly code = 'CLIENT_GATEWAY_HTTP_TIMEOUT'
  override readonly retryable = true

  constructor() {
    super('The request did not come in whole within its time.')
  }
}

/** The gateway stops, and takes no further requests. */
export class GatewayClosingError extends ShardlineError {
  override readonly name = 'GatewayClosingError'
  readonly code = 'CLIENT_GATEWAY_CLOSING'
  override readonly retryable = true

  constructor() {
    super('The gateway is stopping.')
  }
}

/** An answer took longer than the limit. */
export class GatewayAnswerTimeoutError extends ShardlineError {
  override readonly name = 'GatewayAnswerTimeoutError'
  readonly code = 'CLIENT_GATEWAY_ANSWER_TIMEOUT'

  constructor(msMax: number) {
    super(`The answer took longer than ${msMax} ms, the limit; it was cancelled.`, { details: { msMax } })
  }
}

/** A client took too long to read its answer; its connection was cut. */
export class GatewayReaderSlowError extends ShardlineError {
  override readonly name = 'GatewayReaderSlowError'
  readonly code = 'CLIENT_GATEWAY_READER_SLOW'

  constructor(msMax: number) {
    super(`The client read nothing of its answer for ${msMax} ms, the limit.`, { details: { msMax } })
  }
}

/** An answer ended before it was done. */
export class GatewayAnswerIncompleteError extends ShardlineError {
  override readonly name = 'GatewayAnswerIncompleteError'
  readonly code = 'CLIENT_GATEWAY_ANSWER_INCOMPLETE'
  override readonly retryable = true

  constructor() {
    super('The answer broke off before its end.')
  }
}

/** The gateway can't listen where it was told to. */
export class GatewayAddressError extends ShardlineError {
  override readonly name = 'GatewayAddressError'
  readonly code = 'CLIENT_GATEWAY_ADDRESS_UNUSABLE'

  constructor(address: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`the gateway can't listen on ${address}: ${why}`, { details: { address }, cause })
  }
}

/** The gateway was told to listen where others reach it, without an access key. */
export class GatewayKeyRequiredError extends ShardlineError {
  override readonly name = 'GatewayKeyRequiredError'
  readonly code = 'CLIENT_GATEWAY_KEY_REQUIRED'

  constructor(host: string) {
    super(
      `${host} can be reached from other computers; an access key is required there. Give one, or listen on 127.0.0.1`,
      { details: { host } },
    )
  }
}

/** A setting of the gateway is not what it can be. */
export class GatewaySettingError extends ShardlineError {
  override readonly name = 'GatewaySettingError'
  readonly code = 'CLIENT_GATEWAY_SETTING_INVALID'

  constructor(setting: string, allowed: string) {
    super(`setting ${setting} of the gateway must be ${allowed}`, { details: { setting, allowed } })
  }
}
