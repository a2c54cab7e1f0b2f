import type { ShardlineError } from '@shardline/core'
import { FrameTooLargeError } from './errors.ts'
import type { ChannelHandlers, FrameChannel } from './frame-channel.ts'
import { IGNORE_CHANNEL } from './frame-channel.ts'

/**
 * A channel over another one, which it takes over: what differs is what is written below for a frame, and what becomes of
 * what comes from there. Frames that come before somebody listens are kept.
 */
export abstract class ForwardingChannel implements FrameChannel {
  readonly address: string
  readonly closed: Promise<void>
  readonly #inner: FrameChannel
  readonly #waitingBytesMax: number
  #handlers: ChannelHandlers = IGNORE_CHANNEL
  /** Frames that came before anybody listened; undefined from then on. */
  #waiting: Uint8Array[] | undefined = []
  #waitingBytes = 0
  #isHandingOver = false
  #broken: ShardlineError | undefined
  #goneDetail: string | undefined

  /** Keeps `waitingBytesMax` of frames at the most: more breaks the channel. */
  constructor(inner: FrameChannel, waitingBytesMax: number) {
    this.address = inner.address
    this.closed = inner.closed
    this.#inner = inner
    this.#waitingBytesMax = waitingBytesMax
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes
  }

  abstract write(frame: Uint8Array): void

  /** Something came from below; not called again after {@link break}. */
  protected abstract receive(bytes: Uint8Array): void

  /** Begins to listen below. The last thing that a constructor does: what is kept there comes at once. */
  protected begin(): void {
    this.#inner.attach({
      onFrame: (bytes) => {
        if (this.#broken === undefined) this.receive(bytes)
      },
      onDrain: () => this.#handlers.onDrain(),
      onBroken: (error) => this.break(error),
      onGone: (detail) => {
        this.#goneDetail = detail
        this.#handlers.onGone(detail)
      },
    })
  }

  /** Writes to the channel below. */
  protected forward(bytes: Uint8Array): void {
    this.#inner.write(bytes)
  }

  /** Hands a frame to who listens, or keeps it until somebody does. */
  protected deliver(frame: Uint8Array): void {
    if (this.#waiting === undefined) this.#handlers.onFrame(frame)
    else this.#keep(frame, this.#waiting)
  }

  /** Ends the reading, for a reason that is told once. */
  protected break(error: ShardlineError): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    this.#handlers.onBroken(error)
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers
    // A frame may make its receiver attach somebody else, who then gets the rest.
    if (this.#isHandingOver) return
    this.#isHandingOver = true
    for (const frame of this.#waiting ?? []) this.#handlers.onFrame(frame)
    this.#waiting = undefined
    this.#isHandingOver = false
    if (this.#broken !== undefined) this.#handlers.onBroken(this.#broken)
    if (this.#goneDetail !== undefined) this.#handlers.onGone(this.#goneDetail)
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  close(): void {
    this.#inner.close()
  }

  destroy(): void {
    this.#inner.destroy()
  }

  #keep(frame: Uint8Array, waiting: Uint8Array[]): void {
    this.#waitingBytes += frame.byteLength
    if (this.#waitingBytes > this.#waitingBytesMax) {
      this.break(new FrameTooLargeError('handshake', this.#waitingBytes, this.#waitingBytesMax))
    } else waiting.push(frame)
  }
}
