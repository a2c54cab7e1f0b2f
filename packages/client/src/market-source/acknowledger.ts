import { fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, ShardlineError } from '@shardline/core'
import { MarketRefusedError } from '../market/market-errors.ts'
import type { TokenCounts } from '../market/market-request.ts'
import type { PaidRequest } from './paid-request.ts'
import type { MarketSourceSettings } from './source-settings.ts'

/** HTTP statuses from this one on say that the market failed, and decided nothing. */
const INTERNAL = 500

/** What an {@link Acknowledger} works with. */
export interface AcknowledgerComponents {
  readonly request: Pick<PaidRequest, 'id' | 'look' | 'acknowledge'>
  readonly clock: Clock
  readonly log: Log
  /** Aborts when nothing more can be sent. */
  readonly ended: AbortSignal
}

/** Options of an {@link Acknowledger}. */
export interface AcknowledgerInit {
  /** What is verified of the present run. */
  readonly verified: () => TokenCounts
  readonly settings: Pick<
    MarketSourceSettings,
    'acknowledgeIntervalMs' | 'acknowledgeRetryMsMax' | 'requestPollMs' | 'requestPollMsMax'
  >
}

/**
 * Acknowledges what came of one run: now and then while it runs, so that a driver is paid even if the user vanishes, and
 * all of it at the end. Counts belong to the claim that the run was made under, so tokens of a lost run are never billed.
 */
export class Acknowledger {
  readonly #components: AcknowledgerComponents
  readonly #init: AcknowledgerInit
  readonly #over = new AbortController()
  #fence: number | undefined
  #output = 0

  constructor(components: AcknowledgerComponents, init: AcknowledgerInit) {
    this.#components = components
    this.#init = init
    this.#repeat().catch(() => undefined) // Ends with the run.
  }

  /** Acknowledges no more by itself. */
  stop(): void {
    this.#over.abort()
  }

  /**
   * Acknowledges all that is verified, as often as it takes while the market can't be reached or fails by itself, for
   * `acknowledgeRetryMsMax` at the most. Never rejects; false if it could not be done.
   */
  async finish(): Promise<boolean> {
    this.stop()
    const { clock, log, request, ended } = this.#components
    const { requestPollMs, requestPollMsMax, acknowledgeRetryMsMax } = this.#init.settings
    const untilMs = clock.monotonic() + acknowledgeRetryMsMax
    for (let waitMs: Milliseconds = requestPollMs; ; waitMs = Math.min(waitMs * 2, requestPollMsMax)) {
      try {
        await this.#send()
        return true
      } catch (cause) {
        const error = fromUnknown(cause)
        if (!canPass(error) || ended.aborted || clock.monotonic() + waitMs > untilMs) {
          log.warn('acknowledgement-refused', {
            request: request.id,
            code: error.code,
            reason: error.message,
          })
          return false
        }
      }
      await clock.sleep(waitMs, { signal: ended }).catch(() => undefined)
    }
  }

  async #repeat(): Promise<void> {
    const { clock, log, request } = this.#components
    for (;;) {
      await clock.sleep(this.#init.settings.acknowledgeIntervalMs, { signal: this.#over.signal })
      try {
        await this.#send()
      } catch (cause) {
        // The next one says more than this one did.
        log.debug('acknowledgement-failed', { request: request.id, code: fromUnknown(cause).code })
      }
    }
  }

  async #send(): Promise<void> {
    const received = this.#init.verified()
    if (received.output <= this.#output) return
    const { request, ended } = this.#components
    this.#fence ??= (await request.look(ended)).fence
    await request.acknowledge(received, { fence: this.#fence, signal: ended })
    this.#output = received.output
  }
}

/** What the market decides stays so. A failure of its own, such as a full disk, doesn't, though the call may say so. */
function canPass(error: ShardlineError): boolean {
  return error.retryable || (error instanceof MarketRefusedError && error.status >= INTERNAL)
}
