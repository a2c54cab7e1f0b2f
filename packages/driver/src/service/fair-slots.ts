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

/**
 * Places for answers that run. Who waits is served network by network, in turn, within a network identity by identity, and
 * in order within one identity: someone with a hundred answers waiting, or with a hundred identities, delays someone at
 * another address by a single answer.
 */
export class FairSlots {
  readonly #slotsMax: number
  readonly #waiting = new Map<string, TurnRow<Waiter>>()
  #running = 0

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax
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
    if (this.#running < this.#slotsMax) {
      this.#running += 1
      return Promise.resolve(this.#releaseOnce())
    }
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

  #releaseOnce(): () => void {
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      const next = this.#next()
      if (next === undefined) this.#running -= 1
      else next.resolve(this.#releaseOnce())
    }
  }

  /** The first of the network whose turn it is; that network goes to the end. */
  #next(): Waiter | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const [network, row] = first
    const waiter = row.take()
    this.#waiting.delete(network)
    if (row.size > 0) this.#waiting.set(network, row)
    return waiter
  }

  #remove({ network, identity }: SlotOwner, waiter: Waiter): void {
    const row = this.#waiting.get(network)
    row?.remove(identity, waiter)
    if (row?.size === 0) this.#waiting.delete(network)
  }
}
