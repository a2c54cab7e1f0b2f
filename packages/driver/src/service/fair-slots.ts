import { AbortedError } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import { TurnRow } from './turn-row.ts'

interface Waiter {
  readonly resolve: (release: () => void) => void
  readonly reject: (error: ShardlineError) => void
}

/** Who waits: an identity, at a network address that several identities may share. */
export interface SlotOwner {
  readonly network: string
  readonly identity: string
}

/** Bounds of {@link FairSlots}. */
export interface FairSlotsInit {
  readonly slotsMax: number
  /** Places of one network for each place that then stays free. */
  readonly slotsPerFreeMax: number
}

/**
 * Places for answers that run, of which some are always kept for who comes next.
 *
 * A network takes a further place only if it then has at most `slotsPerFreeMax` for each that stays free; its first one it
 * may take whenever one is free. So a network that is alone leaves one in `slotsPerFreeMax + 1` free, n of them that ask for
 * all they can get leave one in `n · slotsPerFreeMax + 1`, and a newcomer need not wait for an answer to end. (Buffers shared
 * by dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998.)
 *
 * Who waits is served network by network, in turn, within a network identity by identity, and in order within one identity:
 * a network that has all it may have keeps nobody else waiting.
 */
export class FairSlots {
  readonly #init: FairSlotsInit
  readonly #waiting = new Map<string, TurnRow<Waiter>>()
  readonly #runningOf = new Map<string, number>()
  #running = 0

  constructor(init: FairSlotsInit) {
    this.#init = init
  }

  /** Places that are taken. */
  get running(): number {
    return this.#running
  }

  /** How many wait. */
  get waiting(): number {
    let count = 0
    for (const row of this.#waiting.values()) count += row.size
    return count
  }

  /** Waits for a place; the function that it resolves with gives it back, and may be called twice. @throws AbortedError. */
  acquire(owner: SlotOwner, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) return Promise.reject(new AbortedError('the wait for a session', signal.reason))
    // Nobody waits who could have a place, so that this passes nobody by.
    if (this.#mayTake(owner.network)) return Promise.resolve(this.#take(owner.network))
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#remove(owner, waiter)
        reject(new AbortedError('the wait for a session', signal.reason))
      }
      const waiter: Waiter = {
        resolve: (release) => {
          signal.removeEventListener('abort', onAbort)
          resolve(release)
        },
        reject,
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const row = this.#waiting.get(owner.network) ?? new TurnRow<Waiter>()
      this.#waiting.set(owner.network, row)
      row.put(owner.identity, waiter)
    })
  }

  #mayTake(network: string): boolean {
    const { slotsMax, slotsPerFreeMax } = this.#init
    const left = slotsMax - this.#running - 1
    const held = this.#runningOf.get(network) ?? 0
    return left >= 0 && (held === 0 || held + 1 <= slotsPerFreeMax * left)
  }

  /** Takes a place; returns what gives it back. */
  #take(network: string): () => void {
    this.#count(network, 1)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      this.#count(network, -1)
      this.#serve()
    }
  }

  #count(network: string, change: 1 | -1): void {
    this.#running += change
    const held = (this.#runningOf.get(network) ?? 0) + change
    if (held > 0) this.#runningOf.set(network, held)
    else this.#runningOf.delete(network)
  }

  /** Gives places to those who may have them now. */
  #serve(): void {
    for (let network = this.#next(); network !== undefined; network = this.#next()) {
      const row = this.#waiting.get(network)
      const waiter = row?.take()
      // The network whose turn it was goes to the end.
      this.#waiting.delete(network)
      if (row !== undefined && row.size > 0) this.#waiting.set(network, row)
      waiter?.resolve(this.#take(network))
    }
  }

  /** The first network in turn that waits and may have a place. */
  #next(): string | undefined {
    for (const network of this.#waiting.keys()) if (this.#mayTake(network)) return network
    return undefined
  }

  #remove({ network, identity }: SlotOwner, waiter: Waiter): void {
    const row = this.#waiting.get(network)
    row?.remove(identity, waiter)
    if (row?.size === 0) this.#waiting.delete(network)
  }
}
