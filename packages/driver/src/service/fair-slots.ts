import { AbortedError } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'

interface Waiter {
  readonly resolve: (release: () => void) => void
  readonly reject: (error: ShardlineError) => void
}

/**
 * Places for answers that run. Who waits is served owner by owner, in turn, and in order within one owner: someone with
 * a hundred answers waiting delays someone with one by a single answer.
 */
export class FairSlots {
  readonly #slotsMax: number
  readonly #waiting = new Map<string, Waiter[]>()
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
    for (const waiters of this.#waiting.values()) count += waiters.length
    return count
  }

  /** Waits for a place; the function that it resolves with gives it back, and may be called twice. @throws AbortedError. */
  acquire(owner: string, signal: AbortSignal): Promise<() => void> {
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
      const waiters = this.#waiting.get(owner)
      if (waiters === undefined) this.#waiting.set(owner, [waiter])
      else waiters.push(waiter)
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

  /** The first of the owner whose turn it is; that owner goes to the end of the row. */
  #next(): Waiter | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const [owner, waiters] = first
    const waiter = waiters.shift()
    this.#waiting.delete(owner)
    if (waiters.length > 0) this.#waiting.set(owner, waiters)
    return waiter
  }

  #remove(owner: string, waiter: Waiter): void {
    const rest = this.#waiting.get(owner)?.filter((other) => other !== waiter) ?? []
    if (rest.length > 0) this.#waiting.set(owner, rest)
    else this.#waiting.delete(owner)
  }
}
