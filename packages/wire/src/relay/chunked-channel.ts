import type { ShardlineError } from '@shardline/core'
import { FrameTooLargeError } from '../errors.ts'
import { ForwardingChannel } from '../forwarding-channel.ts'
import type { FrameChannel } from '../frame-channel.ts'
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
export class ChunkedChannel extends ForwardingChannel {
  readonly #frameBytesMax: number
  #parts: Uint8Array[] = []
  #partBytes = 0
  #untrustedBytes = 0
  #untrustedBytesMax: number

  /** Takes `inner` over. */
  constructor(inner: FrameChannel, init: ChunkedChannelInit) {
    super(inner, Infinity)
    this.#frameBytesMax = init.frameBytesMax
    this.#untrustedBytesMax = init.untrustedBytesMax ?? Infinity
    this.begin()
  }

  /** Says that it is known who the peer is: it may send as much as it likes from now on. */
  trust(): void {
    this.#untrustedBytesMax = Infinity
  }

  override write(frame: Uint8Array): void {
    let at = 0
    for (; frame.byteLength - at >= RELAY_CHUNK_BYTES; at += RELAY_CHUNK_BYTES) {
      this.forward(frame.subarray(at, at + RELAY_CHUNK_BYTES))
    }
    this.forward(at === 0 ? frame : frame.subarray(at))
  }

  protected override receive(part: Uint8Array): void {
    const { byteLength } = part
    this.#untrustedBytes += byteLength
    this.#partBytes += byteLength
    if (this.#untrustedBytes > this.#untrustedBytesMax) this.#failUntrusted()
    else if (this.#partBytes > this.#frameBytesMax) {
      this.break(new FrameTooLargeError('frame', this.#partBytes, this.#frameBytesMax))
    } else if (byteLength === RELAY_CHUNK_BYTES) this.#parts.push(part)
    else this.deliver(this.#join(part))
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

  /** Nobody knows yet who sends so much: it is not waited for. */
  #failUntrusted(): void {
    this.break(new FrameTooLargeError('handshake', this.#untrustedBytes, this.#untrustedBytesMax))
    this.destroy()
  }

  protected override break(error: ShardlineError): void {
    this.#parts = []
    super.break(error)
  }
}
