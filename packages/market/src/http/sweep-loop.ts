import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Log, Random, Service } from '@shardline/core'
import { OUTAGE_INTERVALS_MIN } from '../limits.ts'
import type { Market, SweepReport } from '../market.ts'
import { framesOf } from './frames-of.ts'

/** What a {@link SweepLoop} works with. */
export interface SweepLoopInit {
  readonly market: Pick<Market, 'sweep'>
  readonly clock: Clock
  readonly random: Pick<Random, 'float'>
  readonly log: Log
  readonly intervalMs: number
  readonly lateMsMax: number
  /** Told of every round. */
  readonly onRound: (round: SweepRound) => void
}

/** How one round of sweeping went. */
export type SweepRound =
  | { readonly isOk: true; readonly report: SweepReport; readonly ms: number }
  | { readonly isOk: false; readonly code: string; readonly ms: number }

/**
 * Sweeps again and again until it's stopped. Waits between half and one and a half intervals, so that replicas that
 * were started together don't sweep together. A round that fails, for example because the database is away, is reported
 * and followed by the next.
 */
export class SweepLoop implements Service {
  readonly #init: SweepLoopInit
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #finishedAtMs: number
  #resumedAtMs: number

  constructor(init: SweepLoopInit) {
    this.#init = init
    this.#finishedAtMs = init.clock.monotonic()
    this.#resumedAtMs = init.clock.now()
  }

  /** Whether a round finished lately. */
  get isAlive(): boolean {
    return this.#init.clock.monotonic() - this.#finishedAtMs <= this.#init.lateMsMax
  }

  start(): Promise<void> {
    this.#running ??= this.#loop()
    return Promise.resolve()
  }

  /** Finishes the round that is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #loop(): Promise<void> {
    const { clock, random, intervalMs } = this.#init
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#round()
      try {
        await clock.sleep(intervalMs * (0.5 + random.float()), { signal })
      } catch (cause) {
        if (!(cause instanceof AbortedError)) throw cause
      }
    }
  }

  /** While no round finishes, every one that begins may be the first again. */
  #noteOutage(nowMs: number): void {
    const { clock, intervalMs } = this.#init
    if (nowMs - this.#finishedAtMs > intervalMs * OUTAGE_INTERVALS_MIN) this.#resumedAtMs = clock.now()
  }

  async #round(): Promise<void> {
    const { market, clock, log, onRound } = this.#init
    const startedAtMs = clock.monotonic()
    this.#noteOutage(startedAtMs)
    try {
      const report = await market.sweep({ resumedAtMs: this.#resumedAtMs })
      this.#finishedAtMs = clock.monotonic()
      const ms = this.#finishedAtMs - startedAtMs
      if (Object.values(report).some((count) => Number(count) > 0)) log.info('swept', { ...report, ms })
      onRound({ isOk: true, report, ms })
    } catch (cause) {
      const error = fromUnknown(cause)
      const { code, retryable } = error
      log[retryable ? 'warn' : 'error'](
        'sweep-failed',
        retryable ? { code } : { code, frames: framesOf(error) },
      )
      onRound({ isOk: false, code, ms: clock.monotonic() - startedAtMs })
    }
  }
}
