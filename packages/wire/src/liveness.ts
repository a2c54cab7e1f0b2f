import type { Clock } from '@shardline/core'

/** A link as its watch sees it. */
export interface WatchedLink {
  /** When the last frame came, on the monotonic clock. */
  lastHeardMs(): number
  /** Whether the link itself has stopped reading: then silence says nothing about the peer. */
  isPaused(): boolean
  /** Sends a ping. */
  ping(): void
  /** Counts as having heard from the peer now. */
  excuse(): void
  /** The peer has been silent for too long. */
  onSilent(): void
}

/** Options of {@link watchLink}. */
export interface WatchInit {
  readonly clock: Clock
  readonly pingIntervalMs: number
  readonly livenessMsMax: number
  /** Ends the watch. */
  readonly signal: AbortSignal
}

/**
 * Pings the peer on one timer and looks for silence on another, until the signal aborts.
 * A side that has stopped reading still pings, so that its peer hears that it lives: slow is not dead.
 */
export function watchLink(link: WatchedLink, init: WatchInit): void {
  void untilAborted(init.signal, () => pingForever(link, init))
  void untilAborted(init.signal, () => listenForever(link, init))
}

async function pingForever(link: WatchedLink, { clock, pingIntervalMs, signal }: WatchInit): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(pingIntervalMs, { signal })
    link.ping()
  }
}

async function listenForever(link: WatchedLink, init: WatchInit): Promise<void> {
  const { clock, pingIntervalMs, livenessMsMax, signal } = init
  while (!signal.aborted) {
    const leftMs = link.lastHeardMs() + livenessMsMax - clock.monotonic()
    const waitMs = leftMs > 0 ? leftMs : pingIntervalMs
    if (leftMs <= 0 && !link.isPaused()) {
      link.onSilent()
      return
    }
    const dueMs = clock.monotonic() + waitMs
    await clock.sleep(waitMs, { signal })
    // A timer this late means that this process slept (a suspended machine, a blocked loop): what the peer sent
    // meanwhile hasn't been read yet.
    if (clock.monotonic() - dueMs > pingIntervalMs) link.excuse()
  }
}

/** Runs `loop`, whose sleeps throw when the signal aborts. */
async function untilAborted(signal: AbortSignal, loop: () => Promise<void>): Promise<void> {
  try {
    await loop()
  } catch (cause) {
    if (!signal.aborted) throw cause
  }
}
