import type { ShardlineError } from '@shardline/core'

/** What a failure means in OpenAI's API. */
export interface ErrorMeaning {
  readonly status: number
  readonly type: string
  /** OpenAI's code where it has one for this; else Shardline's own is given. */
  readonly code: string | undefined
  /** Field of the request that it is about, if the failure itself doesn't say. */
  readonly param: string | null
}

const INVALID = 'invalid_request_error'
const SERVER = 'server_error'
const RATE = 'rate_limit_error'

type Row = readonly [status: number, type: string, code?: string, param?: string]

/** By the code of the failure, at the gateway or at the driver. */
const MEANINGS: Readonly<Record<string, Row>> = {
  CLIENT_GATEWAY_FIELD_INVALID: [400, INVALID, 'invalid_value'],
  CLIENT_GATEWAY_FIELD_UNKNOWN: [400, INVALID, 'unknown_parameter'],
  CLIENT_GATEWAY_UNSUPPORTED: [400, INVALID, 'unsupported_parameter'],
  CLIENT_GATEWAY_BODY_MALFORMED: [400, INVALID],
  CLIENT_GATEWAY_HTTP_MALFORMED: [400, INVALID],
  CLIENT_GATEWAY_KEY_WRONG: [401, INVALID, 'invalid_api_key'],
  CLIENT_GATEWAY_ORIGIN_REFUSED: [403, INVALID, 'origin_refused'],
  CLIENT_GATEWAY_HOST_REFUSED: [403, INVALID, 'host_refused'],
  CLIENT_GATEWAY_MODEL_UNKNOWN: [404, INVALID, 'model_not_found'],
  CLIENT_GATEWAY_RESPONSE_UNKNOWN: [404, INVALID, 'response_not_found'],
  CLIENT_GATEWAY_ROUTE_UNKNOWN: [404, INVALID, 'unknown_url'],
  CLIENT_GATEWAY_METHOD: [405, INVALID, 'method_not_supported'],
  CLIENT_GATEWAY_HTTP_TIMEOUT: [408, INVALID],
  CLIENT_GATEWAY_BODY_TOO_LARGE: [413, INVALID],
  CLIENT_GATEWAY_URL_TOO_LONG: [414, INVALID],
  CLIENT_GATEWAY_MEDIA_TYPE: [415, INVALID],
  CLIENT_GATEWAY_RATE_LIMITED: [429, RATE, 'rate_limit_exceeded'],
  CLIENT_GATEWAY_BUSY: [429, RATE, 'rate_limit_exceeded'],
  CLIENT_GATEWAY_HEADERS_TOO_LARGE: [431, INVALID],
  CLIENT_GATEWAY_CLOSING: [503, SERVER],
  CLIENT_GATEWAY_ANSWER_TIMEOUT: [504, SERVER],
  CLIENT_GATEWAY_ANSWER_INCOMPLETE: [502, SERVER],

  CLIENT_TOKENS_UNVERIFIED: [502, SERVER],
  CLIENT_VALIDATOR_UNEXPECTED: [502, SERVER],
  CLIENT_DRIVER_ANSWER_INVALID: [502, SERVER],
  CLIENT_DRIVER_UNREACHABLE: [503, SERVER],
  CLIENT_DRIVER_LOST: [503, SERVER],
  CLIENT_DRIVER_SILENT: [504, SERVER],
  CLIENT_SOURCE_CLOSED: [503, SERVER],
  CLIENT_MARKET_UNREACHABLE: [503, SERVER],
  CLIENT_MARKET_MODEL_UNKNOWN: [404, INVALID, 'model_not_found'],
  CLIENT_DRIVER_MISSING: [503, SERVER],
  CLIENT_PRICE_TOO_HIGH: [402, INVALID, 'price_too_high'],
  CLIENT_ANSWER_DIVERGED: [502, SERVER],
  CLIENT_REQUEST_ENDED: [504, SERVER],
  CLIENT_REQUEST_DELIVERED: [504, SERVER],
  MARKET_CREDITS_INSUFFICIENT: [402, INVALID, 'insufficient_quota'],

  CORE_QUEUE_FULL: [429, RATE, 'rate_limit_exceeded'],
  DRIVER_BUSY: [429, RATE, 'rate_limit_exceeded'],
  DRIVER_PROMPT_TOO_LONG: [400, INVALID, 'context_length_exceeded', 'messages'],
  DRIVER_REQUEST_INVALID: [400, INVALID, 'invalid_value'],
  MODEL_CHAT_TEMPLATE: [400, INVALID, 'invalid_value', 'messages'],
  MODEL_TEXT_TOO_LONG: [400, INVALID, 'string_above_max_length', 'messages'],
  MODEL_TOKENIZER_MISSING: [400, INVALID, 'unsupported_value'],
}

const FAMILIES: readonly { readonly prefix: string; readonly row: Row }[] = [
  { prefix: 'ENGINE_GRAMMAR', row: [400, INVALID, 'invalid_json_schema', 'response_format'] },
  { prefix: 'ENGINE_SAMPLING', row: [400, INVALID, 'invalid_value'] },
]

/** What a failure means to a client: of one at the driver, the driver's code decides. */
export function errorMeaning(error: ShardlineError): ErrorMeaning {
  const remoteCode =
    'remoteCode' in error && typeof error.remoteCode === 'string' ? error.remoteCode : undefined
  const [status, type, code, param] =
    meaningOf(remoteCode) ?? meaningOf(error.code) ?? (error.retryable ? [503, SERVER] : [500, SERVER])
  return { status, type, code: code ?? remoteCode?.toLowerCase(), param: param ?? null }
}

function meaningOf(code: string | undefined): Row | undefined {
  if (code === undefined) return undefined
  return MEANINGS[code] ?? FAMILIES.find(({ prefix }) => code.startsWith(prefix))?.row
}
