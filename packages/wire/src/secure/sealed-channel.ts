import type { ShardlineError } from '@shardline/core'
import { FrameForgedError, FrameMissingError, FrameReplayedError, HandshakeFailedError } from '../errors.ts'
import { ForwardingChannel } from '../forwarding-channel.ts'
import type { FrameChannel } from '../frame-channel.ts'
import { FRAME_SEARCH_BYTES_MAX, FRAME_SEARCH_PLACES_MAX } from '../limits.ts'
import type { CipherState } from './cipher-state.ts'
import { refusalIn } from './handshake-record.ts'
import type { RekeyRule } from './identity-proof.ts'

/** One direction: a key, and when the next one follows. */
export interface SealedDirection {
  readonly cipher: CipherState
  readonly rekey: RekeyRule
}

/** Options of a {@link SealedChannel}. */
export interface SealedChannelInit {
  readonly sending: SealedDirection
  readonly receiving: SealedDirection
  /** Bytes of frames that are kept until somebody listens. */
  readonly waitingBytesMax: number
}

/** Counts what went under one key. */
class KeyUse {
  readonly #direction: SealedDirection
  #frames = 0
  #bytes = 0

  constructor(direction: SealedDirection) {
    this.#direction = direction
  }

  get cipher(): CipherState {
    return this.#direction.cipher
  }

  /** Both sides count the same, so they change keys at the same frame without a word. */
  count(bytes: number): void {
    const { cipher, rekey } = this.#direction
    this.#frames += 1
    this.#bytes += bytes
    if (this.#frames < rekey.framesMax && this.#bytes < rekey.bytesMax) return
    cipher.rekey()
    this.#frames = 0
    this.#bytes = 0
  }
}

/**
 * A channel whose every frame is sealed as a whole: over it travel ciphertexts of the frames' own lengths plus 16 bytes.
 * Frames open in the order in which they were sealed or not at all; the first that doesn't ends the channel's reading.
 * What comes before somebody listens is kept.
 */
export class SealedChannel extends ForwardingChannel {
  readonly #sending: KeyUse
  readonly #receiving: KeyUse

  /** Takes `inner` over. */
  constructor(inner: FrameChannel, init: SealedChannelInit) {
    super(inner, init.waitingBytesMax)
    this.#sending = new KeyUse(init.sending)
    this.#receiving = new KeyUse(init.receiving)
    this.begin()
  }

  override write(frame: Uint8Array): void {
    const { byteLength } = frame
    this.forward(this.#sending.cipher.seal(frame))
    this.#sending.count(byteLength)
  }

  protected override receive(sealed: Uint8Array): void {
    const frame = this.#receiving.cipher.open(sealed)
    if (frame === undefined) {
      this.break(this.#nameFailure(sealed))
      return
    }
    this.#receiving.count(frame.byteLength)
    this.deliver(frame)
  }

  /** A peer that can't read the last message of the handshake says so in clear, as nothing is sealed for it. Otherwise looks for the frame in the places around its own: that tells apart what happened to it. */
  #nameFailure(sealed: Uint8Array): ShardlineError {
    const { cipher } = this.#receiving
    const expected = cipher.counter
    const refusal = expected === 0 ? refusalIn(sealed) : undefined
    if (refusal !== undefined)
      return new HandshakeFailedError(this.address, `the peer gave up with ${refusal}`)
    if (sealed.byteLength <= FRAME_SEARCH_BYTES_MAX) {
      for (let away = 1; away <= FRAME_SEARCH_PLACES_MAX; away++) {
        const [before, after] = [expected - away, expected + away]
        if (cipher.isSealedAt(after, sealed)) return new FrameMissingError(this.address, after, expected)
        if (before >= 0 && cipher.isSealedAt(before, sealed))
          return new FrameReplayedError(this.address, before, expected)
      }
    }
    return new FrameForgedError(this.address, expected)
  }
}
