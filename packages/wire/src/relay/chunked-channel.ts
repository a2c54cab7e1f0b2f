import type { ShardlineError } from '@shardline/core'
import { FrameTooLargeError } from '../errors.ts'
import type { ChannelHandlers, FrameChannel } from '../frame-channel.ts'
import { IGNORE_CHANNEL } from '../frame-channel.ts'
import { RELAY_CHUNK_BYTES } from './relay-limits.ts'

/** Options of a {@link ChunkedChannel}. */
export interface ChunkedChannelInit {
  readonly frameBytesMax: number
  /** Bytes that may come before {@link ChunkedChannel.trust} is called. @default Infinity */
  readonly untrustedBytesMax?: number
}

/**
 * Frames of any length over a channel of short ones: all parts of a frame but the last have exactly RELAY_CHUNK_BYTES, so
 * that what is shorter ends a frame. A frame of a multiple of that ends with an empty part. Short frames, as of single
 * tokens, pass as they are. What comes before somebody listens is kept.
 */
export class ChunkedChannel implements FrameChannel {
  readonly address: string
  readonly closed: Promise<void>
  readonly #inner: FrameChannel
  readonly #frameBytesMax: number
  #handlers: ChannelHandlers = IGNORE_CHANNEL
  /** Frames that came before anybody listened; undefined from then on. */
  #waiting: Uint8Array[] | undefined = []
  #isHandingOver = false
  #parts: Uint8Array[] = []
  #partBytes = 0
  #untrustedBytes = 0
  #untrustedBytesMax: number
  #broken: ShardlineError | undefined
  #goneDetail: string | undefined

  /** Takes `inner` over. */
  constructor(inner: FrameChannel, init: ChunkedChannelInit) {
    this.address = inner.address
    this.closed = inner.closed
    this.#inner = inner
    this.#frameBytesMax = init.frameBytesMax
    this.#untrustedBytesMax = init.untrustedBytesMax ?? Infinity
    inner.attach({
      onFrame: (part) => this.#onPart(part),
      onDrain: () => this.#handlers.onDrain(),
      onBroken: (error) => this.#break(error),
      onGone: (detail) => {
        this.#goneDetail = detail
        this.#handlers.onGone(detail)
      },
    })
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes
  }

  /** Says that it is known who the peer is: it may send as much as it likes from now on. */
  trust(): void {
    this.#untrustedBytesMax = Infinity
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

  write(frame: Uint8Array): void {
    let at = 0
    for (; frame.byteLength - at >= RELAY_CHUNK_BYTES; at += RELAY_CHUNK_BYTES) {
      this.#inner.write(frame.subarray(at, at + RELAY_CHUNK_BYTES))
    }
    this.#inner.write(at === 0 ? frame : frame.subarray(at))
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

  #onPart(part: Uint8Array): void {
    if (this.#broken !== undefined) return
    const { byteLength } = part
    this.#untrustedBytes += byteLength
    this.#partBytes += byteLength
    if (this.#untrustedBytes > this.#untrustedBytesMax) this.#failUntrusted()
    else if (this.#partBytes > this.#frameBytesMax) {
      this.#break(new FrameTooLargeError('frame', this.#partBytes, this.#frameBytesMax))
    } else if (byteLength === RELAY_CHUNK_BYTES) this.#parts.push(part)
    else this.#onFrame(this.#join(part))
  }

  #join(last: Uint8Array): Uint8Array {
    if (this.#parts.length === 0) {
      this.#partBytes = 0
      return last
    }
    const frame = new Uint8Array(this.#partBytes)
    let at = 0
    for (const part of [...this.#parts, last]) {
      frame.set(part, at)
      at += part.byteLength
    }
    this.#parts = []
    this.#partBytes = 0
    return frame
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#waiting === undefined) this.#handlers.onFrame(frame)
    else this.#waiting.push(frame)
  }

  /** Nobody knows yet who sends so much: it is not waited for. */
  #failUntrusted(): void {
    this.#break(new FrameTooLargeError('handshake', this.#untrustedBytes, this.#untrustedBytesMax))
    this.destroy()
  }

  #break(error: ShardlineError): void {
    this.#broken = error
    this.#parts = []
    this.#handlers.onBroken(error)
  }
}
