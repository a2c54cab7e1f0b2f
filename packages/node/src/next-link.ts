import { AbortedError } from '@shardline/core'
import type { ErrorMessage, Link, Message, SessionStanding } from '@shardline/wire'
import { NextLostError } from './errors.ts'
import { Outbox } from './outbox.ts'

/** What a {@link NextLink} tells. */
export interface NextLinkInit {
  readonly pipeline: string
  /** Where the plan says that the next stage is. */
  readonly address: string
  /** Messages that may wait for room in the link's send buffer. */
  readonly outboxMessagesMax: number
  readonly onRoom: () => void
  /** Called when the link has ended, or a message could not be sent. */
  readonly onFailure: (cause: unknown) => void
  /** Called with what the next stage refuses. */
  readonly onError: (message: ErrorMessage) => void
}

interface Waiter {
  readonly epoch: number
  readonly resolve: (sessions: readonly SessionStanding[]) => void
  readonly reject: (cause: unknown) => void
}

/** A link to the next stage: joins it under one epoch after the other, and hears where it stands. */
export class NextLink {
  readonly link: Link
  readonly outbox: Outbox
  readonly #init: NextLinkInit
  #waiter: Waiter | undefined
  #isEnded = false

  constructor(link: Link, init: NextLinkInit) {
    this.link = link
    this.#init = init
    const { outboxMessagesMax: messagesMax, onRoom, onFailure } = init
    this.outbox = new Outbox(link, { messagesMax, onRoom, onFailure })
    void this.#read()
  }

  /** Where the plan says that the next stage is. */
  get address(): string {
    return this.#init.address
  }

  /** Whether it can be used. */
  get isOpen(): boolean {
    return !this.#isEnded && this.link.closeReason === undefined
  }

  /**
   * Says that frames of `epoch` will come, and waits for where the next stage stands.
   *
   * @throws NextLostError; AbortedError.
   */
  async join(epoch: number, signal: AbortSignal): Promise<readonly SessionStanding[]> {
    const { pipeline } = this.#init
    if (signal.aborted) throw new AbortedError('joining the next stage', signal.reason)
    if (!this.isOpen) throw this.#lost(undefined)
    const over = new AbortController()
    const standing = new Promise<readonly SessionStanding[]>((resolve, reject) => {
      this.#waiter = { epoch, resolve, reject }
      const onAbort = (): void => reject(new AbortedError('joining the next stage', signal.reason))
      signal.addEventListener('abort', onAbort, { signal: over.signal })
    })
    try {
      this.outbox.post({ kind: 'join', pipeline, epoch })
      return await standing
    } finally {
      over.abort()
      if (this.#waiter?.epoch === epoch) this.#waiter = undefined
    }
  }

  /** Closes the link; may be called twice. Never rejects. */
  async close(reason: string): Promise<void> {
    await this.link.close(reason).catch(() => undefined)
  }

  async #read(): Promise<void> {
    let cause: unknown
    try {
      for await (const message of this.link.messages()) this.#take(message)
    } catch (thrown) {
      cause = thrown
    }
    this.#isEnded = true
    this.#waiter?.reject(this.#lost(cause))
    this.#init.onFailure(cause)
  }

  #take(message: Message): void {
    if (message.kind === 'error') this.#init.onError(message)
    if (message.kind !== 'standing' || message.pipeline !== this.#init.pipeline) return
    if (message.epoch === this.#waiter?.epoch) this.#waiter.resolve(message.sessions)
  }

  #lost(cause: unknown): NextLostError {
    return new NextLostError(this.#init.pipeline, this.link.peer.address, cause)
  }
}
