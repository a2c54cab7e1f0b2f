import type { Socket } from 'node:net'
import { systemClock } from '@shardline/core'
import type { Random } from '@shardline/core'

/** What a way does to what travels on it. */
export interface Weather {
  /** Nothing arrives until this is false again; then all of it does, in order, as over a network that was away. */
  isHeld: boolean
  /** Milliseconds that everything takes at least. */
  delayMs: number
  /** Milliseconds on top, drawn anew for each piece. */
  jitterMs: number
}

/** A piece of the stream, or how it ends. */
interface Parcel {
  readonly dueMs: number
  readonly content: Buffer | 'end' | 'gone'
}

/** As much as waits before the sender is held up, like the window of a connection. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024

/** One direction of one connection. Nothing on it is lost, doubled or reordered: that is what TCP promises above any network. */
export class Way {
  readonly #from: Socket
  readonly #to: Socket
  readonly #weather: Readonly<Weather>
  readonly #random: Random
  #parcels: Parcel[] = []
  #waitingBytes = 0
  #lastDueMs = 0
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(
    from: Socket,
    to: Socket,
    init: { readonly weather: Readonly<Weather>; readonly random: Random },
  ) {
    this.#from = from
    this.#to = to
    this.#weather = init.weather
    this.#random = init.random
    from.on('data', (chunk: Buffer) => this.#put(chunk))
    from.on('end', () => this.#put('end'))
    from.on('close', () => this.#put('gone'))
    // 'close' follows.
    from.on('error', () => undefined)
  }

  /** Moves what may move now. Called when the weather changed. */
  pump(): void {
    clearTimeout(this.#timer)
    const nowMs = systemClock.monotonic()
    while (!this.#isOver && !this.#weather.isHeld) {
      const [parcel] = this.#parcels
      if (parcel === undefined) return
      if (parcel.dueMs > nowMs) {
        this.#timer = setTimeout(() => this.pump(), parcel.dueMs - nowMs)
        return
      }
      this.#parcels.shift()
      this.#deliver(parcel.content)
    }
  }

  /** Ends it at once. */
  cut(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#parcels = []
    this.#from.destroy()
    this.#to.destroy()
  }

  #put(content: Parcel['content']): void {
    const { delayMs, jitterMs } = this.#weather
    const dueMs = systemClock.monotonic() + delayMs + jitterMs * this.#random.float()
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs)
    this.#parcels.push({ dueMs: this.#lastDueMs, content })
    if (content instanceof Buffer) {
      this.#waitingBytes += content.length
      if (this.#waitingBytes > WAITING_BYTES_MAX) this.#from.pause()
    }
    this.pump()
  }

  #deliver(content: Parcel['content']): void {
    if (content === 'end') this.#to.end()
    else if (content === 'gone') this.#to.destroy()
    else {
      this.#waitingBytes -= content.length
      if (this.#from.isPaused()) this.#from.resume()
      this.#to.write(content)
    }
  }
}
