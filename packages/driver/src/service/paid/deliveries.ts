import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, ShardlineError } from '@shardline/core'
import { refusalOf } from './market-decision.ts'
import { DeliveriesFullError } from './paid-errors.ts'

/** What {@link Deliveries} work with. */
export interface DeliveriesComponents {
  readonly clock: Clock
  readonly log: Log
}

/** Options of {@link Deliveries}. */
export interface DeliveriesInit {
  readonly pendingMax: number
  readonly retryMsMin: Milliseconds
  readonly retryMsMax: Milliseconds
  /** Milliseconds past the deadline in which it is still tried. */
  readonly graceMs: Milliseconds
}

/** An answer on its way to the market. */
export interface Delivery {
  readonly ask: string
  /** Milliseconds since 1970. */
  readonly deadlineMs: Milliseconds
  /** Hands it in; called until it succeeds, the market refuses it, or its time is over. */
  hand(signal: AbortSignal): Promise<void>
}

/** Hands answers in to a market, again and again while that can't be asked: content doesn't wait for settlement. */
export class Deliveries {
  readonly #components: DeliveriesComponents
  readonly #init: DeliveriesInit
  readonly #pending = new Set<Promise<void>>()
  readonly #stopped = new AbortController()

  constructor(components: DeliveriesComponents, init: DeliveriesInit) {
    this.#components = components
    this.#init = init
  }

  /** Answers that wait. */
  get pending(): number {
    return this.#pending.size
  }

  /** Aborts when what still waits is given up. */
  get stopped(): AbortSignal {
    return this.#stopped.signal
  }

  /** @throws DeliveriesFullError if as many wait as may. */
  checkRoom(): void {
    const { pendingMax, retryMsMax } = this.#init
    if (this.#pending.size >= pendingMax) throw new DeliveriesFullError(pendingMax, retryMsMax)
  }

  /** Counts what leads to a delivery as an answer that waits, until it has ended; passes on how. */
  async track(settling: Promise<void>): Promise<void> {
    const entry = settling.catch(() => undefined)
    this.#pending.add(entry)
    try {
      await settling
    } finally {
      this.#pending.delete(entry)
    }
  }

  /** Goes on for at most `msMax`, then gives up what still waits. */
  async stop(msMax: Milliseconds): Promise<void> {
    const over = new AbortController()
    const patience = this.#components.clock.sleep(msMax, { signal: over.signal }).catch(() => undefined)
    await Promise.race([Promise.all(this.#pending), patience])
    over.abort()
    this.#stopped.abort()
    await Promise.all(this.#pending)
  }

  /**
   * Resolves when the market has taken it.
   *
   * @throws ClaimLostError or PaymentRefusedError when the market decides so; the last failure when the time is over;
   * AbortedError when stopped.
   */
  async deliver(delivery: Delivery): Promise<void> {
    const { clock, log } = this.#components
    const { retryMsMin, retryMsMax } = this.#init
    // One for each answer: a signal warns of many who listen, and while the market is away many answers wait for it.
    const signal = AbortSignal.any([this.#stopped.signal])
    for (let waitMs = retryMsMin; ; waitMs = Math.min(retryMsMax, waitMs * 2)) {
      try {
        if (signal.aborted) throw new AbortedError('handing the answer in')
        await delivery.hand(signal)
        return
      } catch (cause) {
        const error = this.#fatal(delivery, cause)
        if (error !== undefined) throw error
        log.info('delivery-waits', { ask: delivery.ask, code: fromUnknown(cause).code, waitMs })
        await clock.sleep(waitMs, { signal })
      }
    }
  }

  /** The failure, if trying again is of no use. */
  #fatal({ ask, deadlineMs }: Delivery, cause: unknown): ShardlineError | undefined {
    const isLate = this.#components.clock.now() > deadlineMs + this.#init.graceMs
    const refusal = refusalOf(ask, cause)
    return refusal ?? (isLate || this.#stopped.signal.aborted ? fromUnknown(cause) : undefined)
  }
}
