import type { Link, Message } from '@shardline/wire'
import { JoinsFullError } from './errors.ts'
import { Outbox } from './outbox.ts'
import type { OutboxInit } from './outbox.ts'

/** An accepted link, and what this node has to remember of it. */
export class PeerLink {
  readonly link: Link
  readonly outbox: Outbox
  readonly #joins = new Map<string, number>()

  constructor(link: Link, outbox: OutboxInit) {
    this.link = link
    this.outbox = new Outbox(link, outbox)
  }

  /** Who it is, for logs. */
  get name(): string {
    return `${this.link.peer.role} ${this.link.peer.node}`
  }

  /** Sends an answer. */
  reply(message: Message): void {
    this.outbox.post(message)
  }

  /** Sends a refusal unless the peer doesn't read: who floods us with wrong messages must not fill our memory. */
  refuse(message: Message): void {
    if (!this.outbox.isCongested) this.outbox.post(message)
  }

  /**
   * Remembers that frames of a pipeline and epoch will come on this link.
   *
   * @throws JoinsFullError above `joinsMax`.
   */
  join(pipeline: string, epoch: number, joinsMax: number): void {
    if (!this.#joins.has(pipeline) && this.#joins.size >= joinsMax) throw new JoinsFullError(joinsMax)
    this.#joins.set(pipeline, epoch)
  }

  /** Forgets a join: its formation is over. */
  leave(pipeline: string, epoch: number): void {
    if (this.hasJoined(pipeline, epoch)) this.#joins.delete(pipeline)
  }

  /** Whether it joined that pipeline with that epoch. */
  hasJoined(pipeline: string, epoch: number): boolean {
    return this.#joins.get(pipeline) === epoch
  }
}
