import { CleanupStack } from '@shardline/core'
import { isRelayAddress } from '@shardline/wire'
import type { DialOptions, Link, Listener, Transport } from '@shardline/wire'

/** Options of a {@link RoutedTransport}. */
export interface RoutedTransportInit {
  /** For `ws://` and `wss://`. */
  readonly webSocket: Transport
  /** For `relay://` and `relays://`. */
  readonly relay: Transport
  /** Where it listens beside the address that it is told. @default [] */
  readonly alsoListen?: readonly string[]
}

/** Reaches every peer that has an address of a process, and may listen in several places at once. */
export class RoutedTransport implements Transport {
  readonly #init: RoutedTransportInit
  #addresses: readonly string[] = []

  constructor(init: RoutedTransportInit) {
    this.#init = init
  }

  /** Where it listens now. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  async listen(address: string, onLink: (link: Link) => void): Promise<Listener> {
    await using opened = new CleanupStack()
    const listeners: Listener[] = []
    for (const where of [address, ...(this.#init.alsoListen ?? [])]) {
      const listener = await this.#for(where).listen(where, onLink)
      opened.add(() => listener.close())
      listeners.push(listener)
    }
    this.#addresses = listeners.map((listener) => listener.address)
    const cleanup = opened.release()
    const close = (): Promise<void> => cleanup.run()
    return { address: this.#addresses[0] ?? address, close, [Symbol.asyncDispose]: close }
  }

  dial(address: string, options?: DialOptions): Promise<Link> {
    return this.#for(address).dial(address, options)
  }

  #for(address: string): Transport {
    return isRelayAddress(address) ? this.#init.relay : this.#init.webSocket
  }
}
