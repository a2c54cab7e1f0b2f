import type { Clock } from '@shardline/core'
import { AddressUnusableError, DialFailedError } from './errors.ts'
import type { FrameChannel } from './frame-channel.ts'
import type { LineSpeed } from './memory-channel.ts'
import { MemoryChannel } from './memory-channel.ts'

/** Options of a {@link MemoryNetwork}. */
export interface MemoryNetworkInit {
  /** From the last byte of a frame to its arrival, in milliseconds. @default 0 (handed over in a microtask) */
  readonly latencyMs?: number
  /** Bytes per second of each direction of each link. @default Infinity */
  readonly bytesPerSecond?: number
}

const ADDRESS_PREFIX = 'memory:'

/** The addresses `memory:name` of one process. Transports that share a network reach each other. */
export class MemoryNetwork {
  readonly #clock: Clock
  readonly #speed: LineSpeed
  readonly #listeners = new Map<string, (channel: FrameChannel) => void>()
  #channelCount = 0
  #nameCount = 0

  constructor(components: { readonly clock: Clock }, init: MemoryNetworkInit = {}) {
    this.#clock = components.clock
    this.#speed = { latencyMs: init.latencyMs ?? 0, bytesPerSecond: init.bytesPerSecond ?? Infinity }
  }

  /**
   * Has channels to `address` given to `accept`; `memory:` without a name takes a free one. Returns the address.
   *
   * @throws AddressUnusableError if the address is taken, or isn't `memory:name`.
   */
  register(address: string, accept: (channel: FrameChannel) => void): string {
    if (!address.startsWith(ADDRESS_PREFIX))
      throw new AddressUnusableError(address, 'write it as memory:name')
    const full = address === ADDRESS_PREFIX ? this.#freeName() : address
    if (this.#listeners.has(full)) throw new AddressUnusableError(address, 'somebody listens there already')
    this.#listeners.set(full, accept)
    return full
  }

  /** Frees an address; unknown ones are ignored. */
  unregister(address: string): void {
    this.#listeners.delete(address)
  }

  /**
   * A raw channel to whoever listens at `address`, before any handshake.
   *
   * @throws DialFailedError if nobody does.
   */
  connect(address: string): FrameChannel {
    const accept = this.#listeners.get(address)
    if (accept === undefined) throw new DialFailedError(address, 'nobody listens there')
    this.#channelCount += 1
    const addresses = [address, `${address}#${this.#channelCount}`] as const
    const [near, far] = MemoryChannel.createPair(addresses, this.#clock, this.#speed)
    accept(far)
    return near
  }

  #freeName(): string {
    do this.#nameCount += 1
    while (this.#listeners.has(`${ADDRESS_PREFIX}${this.#nameCount}`))
    return `${ADDRESS_PREFIX}${this.#nameCount}`
  }
}
