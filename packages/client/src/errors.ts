import { ShardlineError } from '@shardline/core'

/** No address of a driver led to it. */
export class DriverUnreachableError extends ShardlineError {
  override readonly name = 'DriverUnreachableError'
  readonly code = 'CLIENT_DRIVER_UNREACHABLE'
  override readonly retryable = true

  constructor(driver: string, addresses: readonly string[], cause: Error) {
    super(`driver ${driver} can't be reached at ${addresses.join(', ')}: ${cause.message}`, {
      details: { driver, addresses },
      cause,
    })
  }
}

/** The link to the driver broke while it answered. */
export class DriverLostError extends ShardlineError {
  override readonly name = 'DriverLostError'
  readonly code = 'CLIENT_DRIVER_LOST'
  override readonly retryable = true

  constructor(driver: string, why: string, cause?: Error) {
    super(`the link to driver ${driver} ended before the answer did: ${why}`, { details: { driver }, cause })
  }
}

/** The driver lives, but nothing of the answer came for too long. */
export class DriverSilentError extends ShardlineError {
  override readonly name = 'DriverSilentError'
  readonly code = 'CLIENT_DRIVER_SILENT'
  override readonly retryable = true

  constructor(driver: string, waitedMs: number) {
    super(`driver ${driver} sent nothing of the answer for ${waitedMs} ms, the limit`, {
      details: { driver, waitedMs },
    })
  }
}

/** A driver says something that no driver says at that point, or that contradicts what it said before. */
export class DriverAnswerInvalidError extends ShardlineError {
  override readonly name = 'DriverAnswerInvalidError'
  readonly code = 'CLIENT_DRIVER_ANSWER_INVALID'

  constructor(driver: string, what: string, cause?: unknown) {
    super(`driver ${driver} breaks the protocol: ${what}`, { details: { driver }, cause })
  }
}

/** What a driver or its pipeline said when it failed. */
export interface RemoteFailure {
  /** Code of the failure at the driver, such as `DRIVER_PROMPT_TOO_LONG`; see docs/reference/errors.md. */
  readonly code: string
  readonly message: string
  readonly isRetryable: boolean
}

/** The driver began no answer, and says why. */
export class AskRefusedError extends ShardlineError {
  override readonly name = 'AskRefusedError'
  readonly code = 'CLIENT_ASK_REFUSED'
  override readonly retryable: boolean
  /** Code of the failure at the driver. */
  readonly remoteCode: string
  /** Milliseconds after which it may be worth to try again; undefined if the driver doesn't know. */
  readonly retryAfterMs: number | undefined

  constructor(failure: RemoteFailure, retryAfterMs?: number) {
    super(`the driver refuses: ${failure.message} [${failure.code}]`, {
      details: {
        remoteCode: failure.code,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
    })
    this.retryable = failure.isRetryable
    this.remoteCode = failure.code
    this.retryAfterMs = retryAfterMs
  }
}

/** The answer failed at the driver, which says why. */
export class AskFailedError extends ShardlineError {
  override readonly name = 'AskFailedError'
  readonly code = 'CLIENT_ASK_FAILED'
  override readonly retryable: boolean
  /** Code of the failure at the driver. */
  readonly remoteCode: string

  constructor(failure: RemoteFailure) {
    super(`the driver could not answer: ${failure.message} [${failure.code}]`, {
      details: { remoteCode: failure.code },
    })
    this.retryable = failure.isRetryable
    this.remoteCode = failure.code
  }
}

/** Where in an answer something can't be verified. */
export interface AnswerPlace {
  /** The answer among those of one request. */
  readonly choice: number
  /** Place of the first token concerned, counted from 0. */
  readonly token: number
}

/** An answer isn't what the validator signed: a token was changed, added, left out or moved, or its text was. */
export class TokensUnverifiedError extends ShardlineError {
  override readonly name = 'TokensUnverifiedError'
  readonly code = 'CLIENT_TOKENS_UNVERIFIED'
  readonly place: AnswerPlace

  constructor(place: AnswerPlace, why: string) {
    super(`choice ${place.choice} is not what the validator signed, from token ${place.token} on: ${why}`, {
      details: { ...place },
    })
    this.place = place
  }
}

/** The tokens are signed by someone whom the user does not expect. */
export class ValidatorUnexpectedError extends ShardlineError {
  override readonly name = 'ValidatorUnexpectedError'
  readonly code = 'CLIENT_VALIDATOR_UNEXPECTED'

  constructor(given: string, expected: readonly string[]) {
    const allowed = expected.length === 0 ? 'the id of a validator' : expected.join(', ')
    super(`the driver names ${given} as the validator; expected is ${allowed}`, {
      details: { given, expected },
    })
  }
}

/** Nobody read the answer while it came, and it is too long to be kept. */
export class ReaderSlowError extends ShardlineError {
  override readonly name = 'ReaderSlowError'
  readonly code = 'CLIENT_READER_SLOW'

  constructor(bytesMax: number) {
    super(`${bytesMax} bytes of the answer, the limit, wait to be read; it was cancelled`, {
      details: { bytesMax },
    })
  }
}

/** An answer is read by one loop only. */
export class StreamTakenError extends ShardlineError {
  override readonly name = 'StreamTakenError'
  readonly code = 'CLIENT_STREAM_TAKEN'

  constructor() {
    super('this answer is being read already; an answer can be iterated once')
  }
}

/** The source was closed. */
export class SourceClosedError extends ShardlineError {
  override readonly name = 'SourceClosedError'
  readonly code = 'CLIENT_SOURCE_CLOSED'

  constructor() {
    super('this source of answers is closed')
  }
}

/** A text is no address of a driver. */
export class DriverAddressError extends ShardlineError {
  override readonly name = 'DriverAddressError'
  readonly code = 'CLIENT_DRIVER_ADDRESS'

  constructor(given: string, why: string, cause?: unknown) {
    super(`"${given.slice(0, 200)}" is no address of a driver: ${why}; allowed is ws://host:port#shard1…`, {
      cause,
    })
  }
}

/** A text is no invite. */
export class InviteInvalidError extends ShardlineError {
  override readonly name = 'InviteInvalidError'
  readonly code = 'CLIENT_INVITE_INVALID'

  constructor(why: string, cause?: unknown) {
    super(`this is no invite: ${why}; an invite is one line that begins with shardline1`, { cause })
  }
}
