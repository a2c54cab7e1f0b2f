/** Facts that belong to one failure; they end up in logs and in `--json` output, so they hold no user content. */
export type ErrorDetails = Readonly<
  Record<string, string | number | bigint | boolean | null | readonly string[]>
>

/** What every constructor of a Shardline error may pass up. */
export interface ErrorInit {
  readonly details?: ErrorDetails
  readonly cause?: unknown
}

/**
 * Base of every failure that Shardline reports.
 *
 * A subclass names one failure: it fixes `name` and `code` as class fields. The code is stable, upper case with the
 * package's name in front (`WIRE_FRAME_TOO_LARGE`), and is documented in `docs/reference/errors.md`.
 * The message says what was given and what is allowed.
 */
export abstract class ShardlineError extends Error {
  /** Stable identifier of the failure, documented in `docs/reference/errors.md`. */
  abstract readonly code: string
  /** Whether the same call can succeed later without a change by the caller. */
  readonly retryable: boolean = false
  /** Facts about this occurrence. */
  readonly details: ErrorDetails

  constructor(message: string, init: ErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.details = init.details ?? {}
  }
}

/** An assertion about our own code did not hold: a bug in Shardline, never the caller's fault. */
export class AssertionFailedError extends ShardlineError {
  override readonly name = 'AssertionFailedError'
  readonly code = 'CORE_ASSERTION_FAILED'
}

/** A bounded queue refused an entry because it holds as many as its limit allows. */
export class QueueFullError extends ShardlineError {
  override readonly name = 'QueueFullError'
  readonly code = 'CORE_QUEUE_FULL'
  override readonly retryable = true

  constructor(limit: number) {
    super(`the queue already holds ${limit} entries, its limit; try again later`, { details: { limit } })
  }
}

/** The operation was given up because its signal was aborted or its owner was stopped. */
export class AbortedError extends ShardlineError {
  override readonly name = 'AbortedError'
  readonly code = 'CORE_ABORTED'

  constructor(what: string, cause?: unknown) {
    super(`${what} was aborted`, { cause })
  }
}

/** A value from outside is not what the place takes; the message says what was given and what is allowed. */
export class InvalidValueError extends ShardlineError {
  override readonly name = 'InvalidValueError'
  readonly code = 'CORE_INVALID_VALUE'
}

/** Something was thrown that is not a Shardline error; the original is the cause. */
export class UnexpectedError extends ShardlineError {
  override readonly name = 'UnexpectedError'
  readonly code = 'CORE_UNEXPECTED'
}

/** A failure reported by another process: its code and message, carried over the wire. */
export class RemoteError extends ShardlineError {
  override readonly name = 'RemoteError'
  readonly code = 'CORE_REMOTE'
  /** The code that the other process gave, for example `ENGINE_KV_CACHE_FULL`. */
  readonly remoteCode: string

  constructor(remoteCode: string, message: string, details: ErrorDetails = {}) {
    super(`${message} [${remoteCode}]`, { details: { ...details, remoteCode } })
    this.remoteCode = remoteCode
  }
}

/**
 * Turns whatever was caught into a {@link ShardlineError}, keeping the original as `cause`.
 * Every `catch` that passes an error on goes through here.
 */
export function fromUnknown(cause: unknown): ShardlineError {
  if (cause instanceof ShardlineError) return cause
  if (cause instanceof Error && cause.name === 'AbortError') return new AbortedError('the operation', cause)
  return new UnexpectedError(cause instanceof Error ? cause.message : String(cause), { cause })
}

/**
 * Asserts something about our own code.
 *
 * @throws AssertionFailedError if `condition` is false.
 */
export function assert(condition: boolean, message: string, details?: ErrorDetails): asserts condition {
  if (!condition) throw new AssertionFailedError(message, details === undefined ? {} : { details })
}

/**
 * Marks a branch that no value can reach; the compiler refuses the call while one can.
 *
 * @throws AssertionFailedError always.
 */
export function unreachable(value: never): never {
  throw new AssertionFailedError(`no branch handles ${String(value)}`)
}
