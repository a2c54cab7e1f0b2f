import type { Clock, Milliseconds } from '@shardline/core'

/** What {@link waitUntilIdle} looks at. */
export interface IdleWatch {
  readonly clock: Clock
  readonly isIdle: () => boolean
}

/** Options of {@link waitUntilIdle}. */
export interface IdleWaitInit {
  /** How long it has to stay idle. */
  readonly idleMs: Milliseconds
  /** Longest wait. */
  readonly waitMsMax: Milliseconds
  /** Ends the wait. */
  readonly signal?: AbortSignal
}

const LOOKS_PER_IDLE_TIME = 10

/** Resolves with whether it has been idle for `idleMs`; false when the time is over or the wait was ended. */
export async function waitUntilIdle({ clock, isIdle }: IdleWatch, init: IdleWaitInit): Promise<boolean> {
  const { idleMs, waitMsMax, signal } = init
  const sleepOptions = signal === undefined ? {} : { signal }
  const endMs = clock.monotonic() + waitMsMax
  let busyMs = clock.monotonic()
  for (let nowMs = busyMs; nowMs < endMs; nowMs = clock.monotonic()) {
    if (signal?.aborted === true) return false
    if (!isIdle()) busyMs = nowMs
    if (nowMs - busyMs >= idleMs) return true
    await clock.sleep(Math.ceil(idleMs / LOOKS_PER_IDLE_TIME), sleepOptions).catch(() => undefined)
  }
  return false
}
