import type { Link, Listener, Message, Peer, Transport } from '@shardline/wire'
import { DialFailedError, LinkClosedError } from '@shardline/wire'

/** One end of a link in memory that a test can cut. */
class LoopbackLink implements Link {
  readonly peer: Peer
  readonly protocol: number = 1
  readonly roundTripMs: number | undefined = undefined
  readonly traffic: Link['traffic'] = { sentBytes: 0, receivedBytes: 0 }
  readonly closed: Promise<void>
  closeReason: string | undefined
  /** While set, sends wait: the peer's buffer is full. */
  gate: Promise<void> | undefined
  other: LoopbackLink | undefined
  #settle: () => void = () => undefined
  #inbox: Message[] = []
  #wake: (() => void) | undefined
  #broken: Error | undefined

  constructor(address: string) {
    this.peer = { node: address, role: 'driver' as const, software: 'test', address, publicKey: undefined }
    this.closed = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  measureRoundTrip(): Promise<number | undefined> {
    return Promise.resolve(undefined)
  }

  async send(message: Message): Promise<void> {
    if (this.closeReason !== undefined) throw new LinkClosedError(this.peer.address, this.closeReason)
    this.other?.receive(structuredClone(message))
    await this.gate
  }

  receive(message: Message): void {
    this.#inbox.push(message)
    this.#wake?.()
  }

  async *messages(): AsyncGenerator<Message> {
    for (;;) {
      const message = this.#inbox.shift()
      if (message !== undefined) yield message
      else if (this.#broken !== undefined) throw this.#broken
      else if (this.closeReason !== undefined) return
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  async close(reason: string): Promise<void> {
    this.end(reason, undefined)
    this.other?.end(reason, undefined)
  }

  /** Breaks the link without a goodbye. */
  cut(): void {
    this.end('cut', new LinkClosedError(this.peer.address, 'cut'))
    this.other?.end('cut', new LinkClosedError(this.other.peer.address, 'cut'))
  }

  end(reason: string, broken: Error | undefined): void {
    if (this.closeReason !== undefined) return
    this.closeReason = reason
    this.#broken = broken
    this.#settle()
    this.#wake?.()
  }
}

/** Links in memory, for tests that cut and stop them. */
export class LoopbackTransport implements Transport {
  readonly #listeners = new Map<string, (link: Link) => void>()
  readonly links: { readonly address: string; readonly link: LoopbackLink }[] = []

  async listen(address: string, onLink: (link: Link) => void): Promise<Listener> {
    this.#listeners.set(address, onLink)
    const close = async (): Promise<void> => {
      this.#listeners.delete(address)
      for (const entry of this.links) if (entry.address === address) await entry.link.close('listener closed')
    }
    return { address, close, [Symbol.asyncDispose]: close }
  }

  async dial(address: string): Promise<Link> {
    const onLink = this.#listeners.get(address)
    if (onLink === undefined) throw new DialFailedError(address, 'nobody listens')
    const near = new LoopbackLink(address)
    const far = new LoopbackLink(address)
    near.other = far
    far.other = near
    this.links.push({ address, link: near })
    onLink(far)
    return near
  }

  /** Cuts every link that was dialed to `address`, and lets nobody in any more. */
  cut(address: string): void {
    this.#listeners.delete(address)
    for (const entry of this.links) if (entry.address === address) entry.link.cut()
  }

  /** Links that are open now. */
  get openCount(): number {
    return this.links.filter(({ link }) => link.closeReason === undefined).length
  }
}
