import { fromUnknown } from '@shardline/core'
import { AnswerSealer } from '@shardline/identity'
import type { AnswerSealerInit } from '@shardline/identity'
import { answerEvents, SEALED_BYTES_MAX } from '@shardline/wire'
import type { AnswerEvent } from '@shardline/wire'
import { PendingEvents } from './pending-events.ts'
import type { ClientOutbox } from './client-outbox.ts'

/** Options of an {@link AnswerWriter}. */
export interface AnswerWriterInit extends Omit<AnswerSealerInit, 'chunkBytesMax'> {
  /** Bytes that may wait before {@link AnswerWriter.write} does. */
  readonly pendingBytesMax: number
  /** Bytes of events that go into one message. */
  readonly messageBytes: number
  /** Called when the client takes nothing, or the link is gone; nothing more is written then. */
  readonly onStuck: (error: Error) => void
}

/** Seals the events of one answer and sends them, as fast as the client takes them. */
export class AnswerWriter {
  readonly #outbox: Pick<ClientOutbox, 'send'>
  readonly #init: AnswerWriterInit
  readonly #sealer: AnswerSealer
  readonly #pending = new PendingEvents()
  #sequence = 0
  #isEnding = false
  #isStuck = false
  #sending: Promise<void> | undefined
  #onRoom: (() => void)[] = []

  private constructor(outbox: Pick<ClientOutbox, 'send'>, init: AnswerWriterInit, sealer: AnswerSealer) {
    this.#outbox = outbox
    this.#init = init
    this.#sealer = sealer
  }

  /** @throws EncryptionKeyInvalidError if the user's key can't be used. */
  static async create(outbox: Pick<ClientOutbox, 'send'>, init: AnswerWriterInit): Promise<AnswerWriter> {
    const { responseKey, requestId, random } = init
    const sealer = await AnswerSealer.create({
      responseKey,
      requestId,
      random,
      chunkBytesMax: SEALED_BYTES_MAX / 2,
    })
    return new AnswerWriter(outbox, init, sealer)
  }

  /** Adds an event; resolves when there is room for the next one. */
  async write(event: AnswerEvent): Promise<void> {
    if (this.#isStuck) return
    this.#pending.put(event)
    this.#sending ??= this.#send()
    while (!this.#isStuck && this.#pending.bytes > this.#init.pendingBytesMax) {
      await new Promise<void>((resolve) => {
        this.#onRoom.push(resolve)
      })
    }
  }

  /** Adds the last event; resolves when all is sent, or can't be. */
  async end(event: AnswerEvent): Promise<void> {
    if (this.#isStuck) return
    this.#pending.put(event)
    this.#isEnding = true
    this.#sending ??= this.#send()
    await this.#sending
  }

  async #send(): Promise<void> {
    // Events of the same turn of the event loop, such as a piece and its window, go together.
    await Promise.resolve()
    try {
      while (!this.#pending.isEmpty && !this.#isStuck) await this.#sendSome()
    } catch (cause) {
      this.#isStuck = true
      this.#init.onStuck(fromUnknown(cause))
    } finally {
      this.#sending = undefined
      this.#tellRoom()
    }
  }

  async #sendSome(): Promise<void> {
    const events = this.#pending.take(this.#init.messageBytes)
    const isLast = this.#isEnding && this.#pending.isEmpty
    const text = answerEvents.encode(events)
    const chunk = isLast ? this.#sealer.end(text) : this.#sealer.push(text)
    const sealed = this.#sequence === 0 ? Buffer.concat([this.#sealer.header, chunk]) : Buffer.from(chunk)
    const message = {
      kind: 'answer',
      ask: this.#init.requestId,
      sequence: this.#sequence++,
      isLast,
      sealed: sealed.toString('base64'),
    } as const
    await this.#outbox.send(message)
    this.#tellRoom()
  }

  #tellRoom(): void {
    const waiting = this.#onRoom
    this.#onRoom = []
    for (const resolve of waiting) resolve()
  }
}
