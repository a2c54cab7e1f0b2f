import type { Clock } from '@shardline/core'
import { deferred } from './deferred.ts'
import type { ChannelHandlers, FrameChannel } from './frame-channel.ts'
import { IGNORE_CHANNEL } from './frame-channel.ts'

/** How fast a memory channel is, in each direction. */
export interface LineSpeed {
  readonly latencyMs: number
  readonly bytesPerSecond: number
}

interface Parcel {
  /** Undefined is the end: nothing follows. */
  readonly frame: Uint8Array | undefined
  readonly arrivesAtMs: number
}

const GONE_DETAIL = 'the channel ended without a goodbye'

/**
 * One end of a pair. Frames wait at the receiving end until its owner reads them; they count as the sender's buffer.
 * With neither latency nor bandwidth limit a frame is handed over in a microtask, without a timer.
 */
export class MemoryChannel implements FrameChannel {
  readonly address: string
  readonly closed: Promise<void>
  readonly #clock: Clock
  readonly #speed: LineSpeed
  readonly #resolveClosed: () => void
  /** The other end; itself only until the pair is made. */
  #peer: MemoryChannel = this
  #handlers: ChannelHandlers = IGNORE_CHANNEL
  #incoming: Parcel[] = []
  #bufferedBytes = 0
  #lineFreeAtMs = 0
  #isAttached = false
  #isPumping = false
  #isPaused = false
  #isEnding = false
  #isGone = false
  #isGoneTold = false

  private constructor(address: string, clock: Clock, speed: LineSpeed) {
    const { promise, resolve } = deferred<void>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.address = address
    this.#clock = clock
    this.#speed = speed
  }

  /** Two ends that are connected; `addresses` are what each end's peer is called. */
  static createPair(
    addresses: readonly [string, string],
    clock: Clock,
    speed: LineSpeed,
  ): readonly [MemoryChannel, MemoryChannel] {
    const one = new MemoryChannel(addresses[0], clock, speed)
    const other = new MemoryChannel(addresses[1], clock, speed)
    one.#peer = other
    other.#peer = one
    return [one, other]
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers
    this.#isAttached = true
    if (this.#isGoneTold) handlers.onGone(GONE_DETAIL)
    this.#pump()
  }

  write(frame: Uint8Array): void {
    if (this.#isEnding || this.#isGone) return
    this.#bufferedBytes += frame.byteLength
    const peer = this.#peer
    peer.#receive({ frame, arrivesAtMs: this.#occupyLine(frame.byteLength) })
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#pump()
  }

  close(): void {
    if (this.#isEnding || this.#isGone) return
    this.#isEnding = true
    const peer = this.#peer
    peer.#receive({ frame: undefined, arrivesAtMs: this.#occupyLine(0) })
  }

  destroy(): void {
    this.#finish()
    const peer = this.#peer
    peer.#finish()
  }

  get #isInstant(): boolean {
    return this.#speed.latencyMs === 0 && this.#speed.bytesPerSecond === Infinity
  }

  /** When what is sent now has arrived: frames follow each other on the line, and all take the latency. */
  #occupyLine(bytes: number): number {
    if (this.#isInstant) return 0
    const startMs = Math.max(this.#clock.monotonic(), this.#lineFreeAtMs)
    this.#lineFreeAtMs = startMs + (bytes / this.#speed.bytesPerSecond) * 1000
    return this.#lineFreeAtMs + this.#speed.latencyMs
  }

  #receive(parcel: Parcel): void {
    this.#incoming.push(parcel)
    this.#pump()
  }

  /** Starts handing over what has arrived, if nothing does so already. */
  #pump(): void {
    if (this.#isPumping || !this.#canDeliver) return
    this.#isPumping = true
    if (this.#isInstant) queueMicrotask(() => this.#deliverAll())
    else void this.#deliverInTime()
  }

  get #canDeliver(): boolean {
    return !this.#isPaused && !this.#isGone && this.#incoming.length > 0 && this.#isAttached
  }

  #deliverAll(): void {
    while (this.#canDeliver) this.#deliver()
    this.#isPumping = false
  }

  async #deliverInTime(): Promise<void> {
    while (this.#canDeliver) {
      const waitMs = (this.#incoming[0]?.arrivesAtMs ?? 0) - this.#clock.monotonic()
      if (waitMs > 0) await this.#clock.sleep(waitMs)
      else this.#deliver()
    }
    this.#isPumping = false
  }

  #deliver(): void {
    const frame = this.#incoming.shift()?.frame
    if (frame === undefined) {
      this.destroy()
      return
    }
    const peer = this.#peer
    peer.#onDelivered(frame.byteLength)
    this.#handlers.onFrame(frame)
  }

  #onDelivered(bytes: number): void {
    this.#bufferedBytes -= bytes
    this.#handlers.onDrain()
  }

  #finish(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#incoming = []
    queueMicrotask(() => {
      this.#isGoneTold = true
      this.#handlers.onGone(GONE_DETAIL)
      this.#resolveClosed()
    })
  }
}
