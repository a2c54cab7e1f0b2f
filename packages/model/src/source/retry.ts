import type { Clock, Random } from '@shardline/core'
import { AbortedError, ShardlineError } from '@shardline/core'
import { SourceUnreachableError } from '../errors.ts'
import { REQUEST_ATTEMPTS_MAX, RETRY_BASE_MS, RETRY_WAIT_MS_MAX } from '../limits.ts'

/** How requests are repeated. */
export interface RetryOptions {
  /** Attempts without progress before giving up. @default REQUEST_ATTEMPTS_MAX */
  readonly attemptsMax?: number
  /** Wait before the second attempt; doubles with each further one. @default RETRY_BASE_MS */
  readonly retryBaseMs?: number
  /** Wait at the most, also of a server's Retry-After. @default RETRY_WAIT_MS_MAX */
  readonly retryWaitMsMax?: number
}

/** What retrying needs. */
export interface RetryComponents {
  readonly clock: Clock
  readonly random: Random
}

/** A failure that another attempt may not have: a dropped connection, a busy server. Never leaves this folder. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
  /** What the server asked to wait. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    init: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, { cause: init.cause })
    this.retryAfterMs = init.retryAfterMs
  }
}

/** One run of attempts for one thing. */
export class Retrying {
  readonly #components: RetryComponents
  readonly #attemptsMax: number
  readonly #baseMs: number
  readonly #waitMsMax: number
  #failures = 0

  constructor(components: RetryComponents, options: RetryOptions) {
    this.#components = components
    this.#attemptsMax = options.attemptsMax ?? REQUEST_ATTEMPTS_MAX
    this.#baseMs = options.retryBaseMs ?? RETRY_BASE_MS
    this.#waitMsMax = options.retryWaitMsMax ?? RETRY_WAIT_MS_MAX
  }

  /** Call it when something was gained: earlier failures no longer count. */
  progressed(): void {
    this.#failures = 0
  }

  /**
   * Calls `attempt` until it succeeds. Waits are random between half and all of an exponentially growing time, so that
   * many clients that lost the same server don't come back together.
   *
   * @throws SourceUnreachableError after too many transient failures in a row; every other error at once.
   */
  async run<T>(address: string, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      try {
        if (signal?.aborted === true) throw new AbortedError(`reading ${address}`, signal.reason)
        return await attempt()
      } catch (cause) {
        if (!isTransient(cause)) throw cause
        this.#failures++
        if (this.#failures >= this.#attemptsMax)
          throw new SourceUnreachableError(address, this.#failures, cause)
        await this.#components.clock.sleep(this.#waitMs(cause), signal === undefined ? {} : { signal })
      }
    }
  }

  #waitMs(cause: unknown): number {
    const grownMs = Math.min(this.#baseMs * 2 ** (this.#failures - 1), this.#waitMsMax)
    const jitteredMs = grownMs * (0.5 + this.#components.random.float() / 2)
    const askedMs = cause instanceof TransientError ? (cause.retryAfterMs ?? 0) : 0
    return Math.max(jitteredMs, Math.min(askedMs, this.#waitMsMax))
  }
}

/** Our own errors are final; what `fetch` and its streams throw is a broken connection. */
function isTransient(cause: unknown): boolean {
  return !(cause instanceof ShardlineError)
}
