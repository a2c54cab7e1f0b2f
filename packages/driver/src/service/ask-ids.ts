import type { Clock, Milliseconds } from '@shardline/core'
import { AskReplayedError, AsksTooManyError, ServiceBusyError } from './service-errors.ts'

/** Bounds of {@link AskIds}. */
export interface AskIdsInit {
  readonly idsMax: number
  readonly idsPerOwnerMax: number
}

interface Known {
  readonly owner: string
  readonly untilMs: Milliseconds
}

/** Milliseconds between two sweeps, so that a full memory isn't searched for every ask. */
const SWEEP_MS = 1_000

/** Remembers the ids of asks for as long as they could come again. */
export class AskIds {
  readonly #clock: Pick<Clock, 'now'>
  readonly #init: AskIdsInit
  readonly #known = new Map<string, Known>()
  readonly #counts = new Map<string, number>()
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Pick<Clock, 'now'>, init: AskIdsInit) {
    this.#clock = clock
    this.#init = init
  }

  /**
   * Remembers an id of an owner until it can't come again.
   *
   * @throws AskReplayedError if it is known; AsksTooManyError or ServiceBusyError if there is no room for it.
   */
  remember(ask: string, owner: string, untilMs: Milliseconds): void {
    const { idsMax, idsPerOwnerMax } = this.#init
    const isTight = (): boolean =>
      this.#known.size >= idsMax || (this.#counts.get(owner) ?? 0) >= idsPerOwnerMax
    if (this.#known.has(ask)) throw new AskReplayedError(ask)
    if (isTight()) this.#sweep()
    if ((this.#counts.get(owner) ?? 0) >= idsPerOwnerMax) {
      throw new AsksTooManyError('identity', idsPerOwnerMax, SWEEP_MS)
    }
    if (this.#known.size >= idsMax) throw new ServiceBusyError(idsMax, SWEEP_MS)
    this.#known.set(ask, { owner, untilMs })
    this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1)
  }

  #sweep(): void {
    const nowMs = this.#clock.now()
    if (Math.abs(nowMs - this.#sweptAtMs) < SWEEP_MS) return
    this.#sweptAtMs = nowMs
    for (const [ask, { owner, untilMs }] of this.#known) {
      if (untilMs >= nowMs) continue
      this.#known.delete(ask)
      const left = (this.#counts.get(owner) ?? 1) - 1
      if (left > 0) this.#counts.set(owner, left)
      else this.#counts.delete(owner)
    }
  }
}
