import type { Milliseconds } from '@shardline/core'
import type { Session } from './session.ts'

/** Bounds of {@link RowShares}. */
export interface RowSharesInit {
  /** Decode rows of one share in a frame, for each session of the share that is least busy. */
  readonly shareRowsFactorMax: number
  /** Prompt rows of one share in a frame, and on their way, while another is less busy. */
  readonly sharePromptRowsMax: number
  /** How long a share still counts as at work after its last row. */
  readonly shareIdleMsMax: Milliseconds
}

/** What a share may have in the next frame. */
export interface RowShare {
  readonly decodeRowsMax: number
  readonly promptRowsMax: number
  /** Whether its decode rows go along with a less busy share's, and not in frames of their own. */
  readonly isRiding: boolean
}

const ALL: RowShare = Object.freeze({ decodeRowsMax: Infinity, promptRowsMax: Infinity, isRiding: false })

/**
 * Divides computing between shares: a share is whoever counts as one, such as all users of one network.
 *
 * A frame takes the longer the more rows it has, and everybody in it waits for the whole of it. So a share with many
 * sessions gets only as many rows as a less busy one has sessions, times a factor, for as long as the less busy one is at
 * work, and a little longer: who asks again at once must not find a full frame on its way each time. And while the less busy
 * one has rows to compute, the busy one's ride in its frames: frames between them would make it wait for a stage each time.
 * A share that is alone, or no busier than the others, gets all that it asks for.
 */
export class RowShares {
  readonly #init: RowSharesInit
  readonly #seenMs = new Map<string, Milliseconds>()
  readonly #busy = new Map<string, number>()
  #bound = Infinity
  #limited: RowShare = ALL

  constructor(init: RowSharesInit) {
    this.#init = init
  }

  /** Looks who is at work now. */
  look(sessions: Iterable<Session>, nowMs: Milliseconds): void {
    const { shareRowsFactorMax, sharePromptRowsMax, shareIdleMsMax } = this.#init
    this.#busy.clear()
    for (const { share, turn } of sessions) {
      // Who waits for a slow reader computes nothing.
      if (turn !== undefined && !turn.isPaused) this.#busy.set(share, (this.#busy.get(share) ?? 0) + 1)
    }
    for (const share of this.#busy.keys()) this.#seenMs.set(share, nowMs)
    let least = Infinity
    for (const [share, seenMs] of this.#seenMs) {
      if (nowMs - seenMs > shareIdleMsMax) this.#seenMs.delete(share)
      else least = Math.min(least, this.#busy.get(share) ?? 1)
    }
    this.#bound = least * shareRowsFactorMax
    const isRiding = [...this.#busy.values()].some((sessions) => sessions <= this.#bound)
    this.#limited = { decodeRowsMax: this.#bound, promptRowsMax: sharePromptRowsMax, isRiding }
  }

  /** What a share may have, as of the last {@link look}. */
  of(share: string): RowShare {
    return (this.#busy.get(share) ?? 0) > this.#bound ? this.#limited : ALL
  }
}
