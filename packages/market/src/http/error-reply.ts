import type { ErrorDetails, ShardlineError } from '@shardline/core'
import { fromDatabase } from '@shardline/ledger'
import {
  BodyMalformedError,
  BodyTooLargeError,
  HeadersTooLargeError,
  HttpMalformedError,
  HttpTimeoutError,
  MarketInputError,
  MediaTypeError,
  UrlTooLongError,
} from '../errors.ts'
import type { ErrorReply } from './shapes/error-shape.ts'
import { statusOf } from './error-status.ts'
import type { HttpSettings } from './http-settings.ts'
import type { ToJson } from './shapes/shape.ts'
import { toJson } from './shapes/to-json.ts'

/** What a caller gets for a failure. */
export interface FailureReply {
  readonly status: number
  readonly body: ToJson<ErrorReply>
}

/** What is said of a failure that is the market's own: nothing of its inside. */
const INTERNAL_MESSAGE = 'the market failed to do this; its log says why'

/** Turns whatever was thrown into an error with a code: Fastify's and Node's own become the market's. */
export function toCodedError(cause: unknown, settings: HttpSettings): ShardlineError {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new BodyTooLargeError(settings.bodyBytesMax)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new MediaTypeError()
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new BodyMalformedError('its length is not the one announced')
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new UrlTooLongError(settings.urlCharsMax)
    case 'FST_ERR_BAD_URL':
      return new HttpMalformedError('its path has a wrong escape')
    case 'FST_ERR_VALIDATION':
      return validationError(cause)
    case 'HPE_HEADER_OVERFLOW':
      return new HeadersTooLargeError(settings.headerBytesMax)
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpTimeoutError()
    default:
      return code.startsWith('HPE_') ? new HttpMalformedError('it is no HTTP/1.1') : fromDatabase(cause)
  }
}

/** What a caller gets for a failure: status and body. Of an internal one only that it happened. */
export function failureReply(error: ShardlineError): FailureReply {
  const status = statusOf(error)
  const isInternal = status === 500
  return {
    status,
    body: {
      error: {
        code: error.code,
        message: isInternal ? INTERNAL_MESSAGE : error.message,
        retryable: error.retryable,
        details: isInternal ? {} : toJson<ErrorDetails>(error.details),
      },
    },
  }
}

interface ValidationFault {
  readonly instancePath: string
  readonly message?: string
}

function validationError(cause: unknown): ShardlineError {
  const { validation, validationContext } = cause as {
    readonly validation?: readonly ValidationFault[]
    readonly validationContext?: string
  }
  const fault = validation?.[0]
  const field = `${validationContext ?? 'body'}${(fault?.instancePath ?? '').replaceAll('/', '.')}`
  // What was given isn't repeated: it may be anything, and the caller has it.
  return new MarketInputError(field, 'not valid', fault?.message ?? 'as the schema says')
}
