import type { Clock } from '@shardline/core'
import type { WebSocket } from 'ws'
import { deferred } from '../deferred.ts'
import type { RelayLimits } from './relay-limits.ts'

/** Close codes of RFC 6455, section 7.4.1. */
const CLOSE_NORMAL = 1000
const CLOSE_GOING_AWAY = 1001
const CLOSE_UNSUPPORTED = 1003
const CLOSE_ERROR = 1011

/** Options of a {@link RelayPipe}. */
export interface RelayPipeInit {
  readonly clock: Clock
  readonly limits: Pick<RelayLimits, 'pipeHighBytes' | 'pipeLowBytes'>
  /** Told of every part that was passed on. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Passes binary messages both ways between two sockets, and knows nothing of them. An end that reads slowly makes the
 * other one wait: the pipe stops reading from it, so that little is ever held here.
 */
export class RelayPipe {
  /** Resolves, never rejects, when both ends are gone. */
  readonly ended: Promise<void>
  readonly #init: RelayPipeInit
  readonly #ends: readonly [WebSocket, WebSocket]
  #lastBytesMs: number

  /** Takes both sockets over. */
  constructor(near: WebSocket, far: WebSocket, init: RelayPipeInit) {
    this.#init = init
    this.#ends = [near, far]
    this.#lastBytesMs = init.clock.monotonic()
    this.ended = Promise.all([this.#forward(near, far), this.#forward(far, near)]).then(() => undefined)
  }

  /** How long nothing has come from either end. */
  get idleMs(): number {
    return this.#init.clock.monotonic() - this.#lastBytesMs
  }

  /** Closes both ends after what was passed on. */
  close(): void {
    for (const end of this.#ends) closeEnd(end, CLOSE_GOING_AWAY)
  }

  /** Cuts both ends at once. */
  destroy(): void {
    for (const end of this.#ends) end.terminate()
  }

  /** Resolves when `from` is gone. */
  #forward(from: WebSocket, to: WebSocket): Promise<void> {
    const { promise, resolve } = deferred<void>()
    const { limits, clock, onBytes } = this.#init
    const onSent = (): void => {
      if (from.isPaused && to.bufferedAmount <= limits.pipeLowBytes) from.resume()
    }
    from.on('message', (data, isBinary) => {
      if (!isBinary) {
        closeEnd(from, CLOSE_UNSUPPORTED)
        return
      }
      // Every message is one Buffer: binaryType is left at its default.
      const part = data as Buffer
      this.#lastBytesMs = clock.monotonic()
      onBytes(part.byteLength)
      if (to.readyState !== to.OPEN) return
      to.send(part, { binary: true, compress: false }, onSent)
      if (to.bufferedAmount > limits.pipeHighBytes) from.pause()
    })
    // What failed shows as the socket's `close`.
    from.on('error', () => undefined)
    from.on('close', (code) => {
      closeEnd(to, code === CLOSE_NORMAL ? CLOSE_NORMAL : CLOSE_ERROR)
      resolve()
    })
    return promise
  }
}

/** Lets what was sent go out, then closes; a paused socket would never hear the answer. */
function closeEnd(end: WebSocket, code: number): void {
  if (end.readyState !== end.OPEN) return
  end.resume()
  end.close(code)
}
