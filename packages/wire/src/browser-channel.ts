import type { Clock, ShardlineError } from '@shardline/core'
import type { BrowserSocket } from './browser-socket.ts'
import { deferred } from './deferred.ts'
import { FrameMalformedError, FrameTooLargeError, ReceiveBufferFullError } from './errors.ts'
import type { ChannelHandlers, FrameChannel } from './frame-channel.ts'
import { IGNORE_CHANNEL } from './frame-channel.ts'
import { DRAIN_CHECK_MS } from './limits.ts'
import { SEAL_BYTES } from './secure/link-crypto.ts'

const OPEN = 1
/** Close codes of RFC 6455, section 7.4.1. */
const CLOSE_NORMAL = 1000
const CLOSE_ABNORMAL = 1006
const CLOSE_TOO_BIG = 1009

/** Options of a {@link BrowserChannel}. */
export interface BrowserChannelInit {
  readonly address: string
  readonly clock: Clock
  readonly frameBytesMax: number
  /** Bytes that may wait while the channel is paused. */
  readonly heldBytesMax: number
}

/**
 * Frames as binary messages of a page's WebSocket, one each. Pages can't stop the browser from reading, are not told
 * when something was sent, and can't cut a connection: while paused, frames are held here up to a limit; the send buffer
 * is looked at now and then; and a destroyed channel counts as gone before the browser has closed it.
 */
export class BrowserChannel implements FrameChannel {
  readonly address: string
  readonly closed: Promise<void>
  /** Resolves when the socket can be written to, or never will. */
  readonly opened: Promise<void>
  readonly #socket: BrowserSocket
  readonly #init: BrowserChannelInit
  readonly #end = new AbortController()
  readonly #resolveClosed: () => void
  readonly #resolveOpened: () => void
  #handlers: ChannelHandlers = IGNORE_CHANNEL
  #held: Uint8Array[] = []
  #heldBytes = 0
  #isPaused = false
  #isWatchingDrain = false
  #broken: ShardlineError | undefined
  /** Why the channel is gone; told once what is held is taken. */
  #goneDetail: string | undefined
  #isGoneTold = false

  /** Takes `socket` over. */
  constructor(socket: BrowserSocket, init: BrowserChannelInit) {
    const closed = deferred<void>()
    const opened = deferred<void>()
    this.address = init.address
    this.closed = closed.promise
    this.opened = opened.promise
    this.#resolveClosed = closed.resolve
    this.#resolveOpened = opened.resolve
    this.#socket = socket
    this.#init = init
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => this.#resolveOpened()
    socket.onmessage = ({ data }) => this.#onMessage(data)
    // By the standard this is said of connections that have just failed. `onclose` follows, but not everywhere.
    socket.onerror = () => this.#onGone(describeClose(CLOSE_ABNORMAL))
    socket.onclose = ({ code }) => this.#onGone(describeClose(code))
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers
    if (this.#broken !== undefined) handlers.onBroken(this.#broken)
    if (this.#isGoneTold) handlers.onGone(this.#goneDetail ?? '')
  }

  write(frame: Uint8Array): void {
    if (this.#socket.readyState !== OPEN) return
    this.#socket.send(frame)
    if (!this.#isWatchingDrain) void this.#watchDrain()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    queueMicrotask(() => this.#handOver())
  }

  close(): void {
    this.#socket.close(CLOSE_NORMAL)
  }

  destroy(): void {
    this.#socket.close(CLOSE_NORMAL)
    this.#drop()
    queueMicrotask(() => {
      this.#onGone('this side cut the connection')
      this.#tellGone()
    })
  }

  #onMessage(data: unknown): void {
    if (this.#broken !== undefined || this.#goneDetail !== undefined) return
    if (!(data instanceof ArrayBuffer)) {
      this.#break(new FrameMalformedError('a text message instead of a binary one'))
      return
    }
    const { frameBytesMax, heldBytesMax, address } = this.#init
    if (data.byteLength > frameBytesMax + SEAL_BYTES) {
      this.#break(new FrameTooLargeError('frame', data.byteLength, frameBytesMax))
      return
    }
    const frame = new Uint8Array(data)
    if (!this.#isPaused && this.#held.length === 0) {
      this.#handlers.onFrame(frame)
      return
    }
    this.#held.push(frame)
    this.#heldBytes += frame.byteLength
    // A single frame is let through whatever its size, as it is where reading can be stopped.
    if (this.#heldBytes > heldBytesMax && this.#held.length > 1) {
      const bytes = this.#heldBytes
      this.#drop()
      this.#break(new ReceiveBufferFullError(address, bytes, heldBytesMax))
    }
  }

  /** Gives out what was held, in order, until somebody pauses again; then tells of the end if there is one. */
  #handOver(): void {
    while (!this.#isPaused) {
      const frame = this.#held.shift()
      if (frame === undefined) {
        this.#tellGone()
        return
      }
      this.#heldBytes -= frame.byteLength
      this.#handlers.onFrame(frame)
    }
  }

  async #watchDrain(): Promise<void> {
    this.#isWatchingDrain = true
    const { clock } = this.#init
    try {
      while (this.#socket.bufferedAmount > 0) {
        await clock.sleep(DRAIN_CHECK_MS, { signal: this.#end.signal })
        this.#handlers.onDrain()
      }
    } catch {
      // The channel is gone, and who waits is told that.
    }
    this.#isWatchingDrain = false
  }

  #break(error: ShardlineError): void {
    this.#broken = error
    this.#handlers.onBroken(error)
  }

  #drop(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  #onGone(detail: string): void {
    if (this.#goneDetail !== undefined) return
    this.#goneDetail = detail
    this.#end.abort()
    this.#resolveOpened()
    if (this.#held.length === 0) this.#tellGone()
  }

  #tellGone(): void {
    if (this.#goneDetail === undefined || this.#isGoneTold) return
    this.#isGoneTold = true
    this.#handlers.onGone(this.#goneDetail)
    this.#resolveClosed()
  }
}

function describeClose(code: number): string {
  if (code === CLOSE_TOO_BIG) return 'the peer takes no frame that large'
  return code === CLOSE_NORMAL
    ? 'the connection ended without a goodbye'
    : `the connection failed or was lost; browsers do not tell pages why (${code})`
}
