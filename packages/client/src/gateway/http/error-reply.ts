import type { ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import {
  GatewayBodyMalformedError,
  GatewayBodyTooLargeError,
  GatewayHeadersTooLargeError,
  GatewayHttpMalformedError,
  GatewayHttpTimeoutError,
  GatewayMediaTypeError,
} from '../gateway-errors.ts'
import type { GatewaySettings } from '../gateway-settings.ts'
import { errorMeaning } from './error-meaning.ts'

/** What a client gets for a failure. */
export interface FailureReply {
  readonly status: number
  /** Shardline's own code of the failure. */
  readonly code: string
  /** Milliseconds after which to try again, where that helps. */
  readonly retryAfterMs: number | undefined
  /** Type and code are OpenAI's. */
  readonly error: OpenAiError
}

/** The body of a failure, as OpenAI's API gives it inside `error`. */
export interface OpenAiError {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

/** Turns whatever was thrown into an error with a code: Fastify's and Node's own become the gateway's. */
export function toCodedError(cause: unknown, settings: GatewaySettings): ShardlineError {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new GatewayBodyTooLargeError(settings.bodyBytesMax)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new GatewayMediaTypeError()
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new GatewayBodyMalformedError('its length is not the one announced')
    case 'FST_ERR_BAD_URL':
      return new GatewayHttpMalformedError('its path has a wrong escape')
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayHeadersTooLargeError(settings.headerBytesMax)
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayHttpTimeoutError()
    default:
      if (code.startsWith('HPE_')) return new GatewayHttpMalformedError('it is no HTTP/1.1')
      return fromUnknown(cause)
  }
}

/** What a client gets for a failure. */
export function failureReply(error: ShardlineError, settings: GatewaySettings): FailureReply {
  const { status, type, code, param } = errorMeaning(error)
  return {
    status,
    code: remoteCodeOf(error) ?? error.code,
    retryAfterMs: status === 429 || status === 503 ? retryAfterOf(error, settings) : undefined,
    error: {
      message: error.message,
      type,
      param: 'param' in error && typeof error.param === 'string' ? error.param : param,
      code: code ?? error.code.toLowerCase(),
    },
  }
}

/** Code that the driver gave for a failure there. */
export function remoteCodeOf(error: ShardlineError): string | undefined {
  return 'remoteCode' in error && typeof error.remoteCode === 'string' ? error.remoteCode : undefined
}

function retryAfterOf(error: ShardlineError, settings: GatewaySettings): number {
  if ('retryAfterMs' in error && typeof error.retryAfterMs === 'number') return error.retryAfterMs
  return settings.retryAfterMs
}
