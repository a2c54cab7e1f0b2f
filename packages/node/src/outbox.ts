import type { Message } from '@shardline/wire'

/** The part of a link that an outbox uses. */
export interface MessageSink {
  send(message: Message): Promise<void>
}

/** Options of an {@link Outbox}. */
export interface OutboxInit {
  /** Messages that may wait for room before the outbox counts as congested. */
  readonly messagesMax: number
  /** Called when a congested outbox has room again. */
  readonly onRoom: () => void
  /** Called when a message could not be sent. */
  readonly onFailure: (cause: unknown, message: Message) => void
}

/**
 * Sends without waiting and says when to stop: a message is handed to the link at once, so the order is the order of the
 * calls, and it counts until the link has room again.
 */
export class Outbox {
  readonly #sink: MessageSink
  readonly #init: OutboxInit
  #waiting = 0
  #roomWaiters: (() => void)[] = []

  constructor(sink: MessageSink, init: OutboxInit) {
    this.#sink = sink
    this.#init = init
  }

  /** Whether as many messages wait as may. */
  get isCongested(): boolean {
    return this.#waiting >= this.#init.messagesMax
  }

  /** Resolves when the outbox has room; undefined when that is now. */
  room(): Promise<void> | undefined {
    if (!this.isCongested) return undefined
    return new Promise((resolve) => {
      this.#roomWaiters.push(resolve)
    })
  }

  /** Hands a message to the link. Never throws: failures go to `onFailure`. */
  post(message: Message): void {
    this.#waiting += 1
    this.#send(message).then(
      () => this.#settle(),
      (cause: unknown) => {
        this.#settle()
        this.#init.onFailure(cause, message)
      },
    )
  }

  /** The call happens now; being async turns a throw into a rejection. */
  async #send(message: Message): Promise<void> {
    await this.#sink.send(message)
  }

  #settle(): void {
    const wasCongested = this.isCongested
    this.#waiting -= 1
    if (!wasCongested || this.isCongested) return
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const wake of waiters) wake()
    this.#init.onRoom()
  }
}
