import type { DialOptions, Link, Listener, Transport } from '@shardline/wire'

/** The transport of a node that can be lost: its links end, and nobody can reach it any more. */
export class KillableTransport implements Transport {
  readonly #inner: Transport
  readonly #links: Link[] = []
  readonly #listeners: Listener[] = []

  constructor(inner: Transport) {
    this.#inner = inner
  }

  async listen(address: string, onLink: (link: Link) => void): Promise<Listener> {
    const listener = await this.#inner.listen(address, (link) => {
      this.#links.push(link)
      onLink(link)
    })
    this.#listeners.push(listener)
    return listener
  }

  async dial(address: string, options?: DialOptions): Promise<Link> {
    const link = await this.#inner.dial(address, options)
    this.#links.push(link)
    return link
  }

  async kill(): Promise<void> {
    for (const listener of this.#listeners) await listener.close()
    await Promise.all(this.#links.map((link) => link.close('killed')))
  }
}
