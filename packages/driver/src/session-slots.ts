import type { ShardlineError } from '@shardline/core'
import { AbortedError } from '@shardline/core'
import { DriverBusyError } from './errors.ts'

/** Bounds of {@link SessionSlots}. */
export interface SessionSlotsInit {
  readonly sessionsMax: number
  readonly requestsWaitingMax: number
}

interface Waiter {
  readonly resolve: (release: () => void) => void
  readonly reject: (error: ShardlineError) => void
}

/** Places for sessions, given out in order of asking. */
export class SessionSlots {
  readonly #init: SessionSlotsInit
  #waiters: Waiter[] = []
  #taken = 0
  #closed: ShardlineError | undefined

  constructor(init: SessionSlotsInit) {
    this.#init = init
  }

  /**
   * Waits for a place; the function that it resolves with gives it back, and may be called twice.
   *
   * @throws DriverBusyError at once if too many wait, AbortedError, or the error given to {@link close}.
   */
  async acquire(signal: AbortSignal | undefined): Promise<() => void> {
    if (this.#closed !== undefined) throw this.#closed
    if (signal?.aborted === true) throw new AbortedError('the wait for a session', signal.reason)
    if (this.#taken < this.#init.sessionsMax) {
      this.#taken += 1
      return this.#releaseOnce()
    }
    if (this.#waiters.length >= this.#init.requestsWaitingMax) {
      throw new DriverBusyError(this.#init.sessionsMax, this.#init.requestsWaitingMax)
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve: (release) => {
          signal?.removeEventListener('abort', onAbort)
          resolve(release)
        },
        reject,
      }
      const onAbort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        reject(new AbortedError('the wait for a session', signal?.reason))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.push(waiter)
    })
  }

  /** Refuses everyone who waits or asks from now on. */
  close(error: ShardlineError): void {
    this.#closed = error
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters = []
  }

  #releaseOnce(): () => void {
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      const next = this.#waiters.shift()
      if (next === undefined) this.#taken -= 1
      else next.resolve(this.#releaseOnce())
    }
  }
}
