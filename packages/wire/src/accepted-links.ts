import { fromUnknown } from '@shardline/core'
import type { FrameChannel } from './frame-channel.ts'
import type { HandshakeContext } from './handshake.ts'
import { acceptLink, fullError, refuseLink } from './handshake.ts'
import type { Link } from './transport.ts'
import type { WireLink } from './wire-link.ts'

/** The links of one listener, from the arrival of a channel to its end, within the listener's limit. */
export class AcceptedLinks {
  readonly #context: HandshakeContext
  readonly #onLink: (link: Link) => void
  readonly #channels = new Set<FrameChannel>()
  readonly #links = new Set<WireLink>()
  #placesTaken = 0
  #isClosed = false

  constructor(context: HandshakeContext, onLink: (link: Link) => void) {
    this.#context = context
    this.#onLink = onLink
  }

  /** Shakes hands over a new channel and hands out the link, or refuses it. Resolves with whether there is a link. */
  async accept(channel: FrameChannel): Promise<boolean> {
    if (this.#isClosed) {
      channel.destroy()
      return false
    }
    if (this.#isFull) {
      this.#context.log.warn('link-refused', { address: channel.address, code: 'WIRE_LISTENER_FULL' })
      refuseLink(channel, this.#context)
      return false
    }
    this.#channels.add(channel)
    void channel.closed.then(() => this.#channels.delete(channel))
    try {
      const link = await acceptLink(channel, this.#context, () => {
        // Of all that shake hands at the same time some may find the last place taken.
        if (this.#isFull) throw fullError(this.#context)
        this.#placesTaken += 1
        void channel.closed.then(() => {
          this.#placesTaken -= 1
        })
      })
      this.#add(link)
      return true
    } catch (cause) {
      const { code, message } = fromUnknown(cause)
      this.#context.log.warn('link-refused', { address: channel.address, code, reason: message })
      return false
    }
  }

  /** Says goodbye on every link, cuts what is still shaking hands, and resolves when all are gone. */
  async close(reason: string): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#links].map((link) => link.close(reason)))
    const rest = [...this.#channels]
    for (const channel of rest) channel.destroy()
    await Promise.all(rest.map((channel) => channel.closed))
  }

  get #isFull(): boolean {
    return this.#placesTaken >= this.#context.limits.linksPerListenerMax
  }

  #add(link: WireLink): void {
    this.#links.add(link)
    void link.closed.then(() => this.#links.delete(link))
    try {
      this.#onLink(link)
    } catch (cause) {
      const { code, message } = fromUnknown(cause)
      this.#context.log.error('link-handler-failed', {
        peer: link.peer.node,
        address: link.peer.address,
        code,
        reason: message,
      })
      void link.close('the listener could not take the link')
    }
  }
}
