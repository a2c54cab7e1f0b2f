import { AbortedError } from './errors.ts'

/** A duration or point in time in milliseconds. Points count from the Unix epoch for `now`, from an arbitrary origin for `monotonic`. */
export type Milliseconds = number

/** Time as a collaborator: code that needs it is given one, so that tests can hold the hands. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. Only for showing and for records. */
  now(): Milliseconds
  /** A time that never goes back, with sub-millisecond resolution. For measuring and for timeouts. */
  monotonic(): Milliseconds
  /**
   * Resolves after `waitMs`.
   *
   * @throws AbortedError when `signal` aborts first.
   */
  sleep(waitMs: Milliseconds, options?: { readonly signal?: AbortSignal }): Promise<void>
}

/** The machine's own clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (waitMs: Milliseconds, options: { readonly signal?: AbortSignal } = {}) =>
    new Promise<void>((resolve, reject) => {
      const { signal } = options
      if (signal?.aborted === true) {
        reject(new AbortedError('the wait', signal.reason))
        return
      }
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(new AbortedError('the wait', signal?.reason))
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, waitMs)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
})

interface Sleeper {
  readonly wakeAtMs: Milliseconds
  readonly wake: () => void
}

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #nowMs: Milliseconds
  #sleepers: Sleeper[] = []

  constructor(startMs: Milliseconds = 0) {
    this.#nowMs = startMs
  }

  now(): Milliseconds {
    return this.#nowMs
  }

  monotonic(): Milliseconds {
    return this.#nowMs
  }

  sleep(waitMs: Milliseconds, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted === true) {
        reject(new AbortedError('the wait', options.signal.reason))
        return
      }
      const { signal } = options
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(new AbortedError('the wait', signal?.reason))
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const sleeper: Sleeper = { wakeAtMs: this.#nowMs + waitMs, wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Moves the clock on by `ms` and wakes everyone whose time has come, in order of their time. */
  advance(ms: Milliseconds): void {
    this.#nowMs += ms
    const due = this.#sleepers.filter((sleeper) => sleeper.wakeAtMs <= this.#nowMs)
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.wakeAtMs > this.#nowMs)
    due.sort((a, b) => a.wakeAtMs - b.wakeAtMs)
    for (const sleeper of due) sleeper.wake()
  }
}
