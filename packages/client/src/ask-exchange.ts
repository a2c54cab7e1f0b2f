import { base64 } from '@scure/base'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Milliseconds, ShardlineError } from '@shardline/core'
import { ANSWER_HEADER_BYTES, AnswerOpener } from '@shardline/identity'
import type { HistoryKey } from '@shardline/identity'
import { answerEvents } from '@shardline/wire'
import type { AnswerEvent, AnswerMessage, AskRefusedMessage } from '@shardline/wire'
import type { AnswerReport, AskStream } from './answer-source.ts'
import { AnswerVerifier } from './answer-verifier.ts'
import type { AnswerVerifierInit } from './answer-verifier.ts'
import { AskRefusedError, DriverAnswerInvalidError, DriverSilentError } from './errors.ts'
import { EventBuffer } from './event-buffer.ts'

/** What an {@link AskExchange} works with. */
export interface AskExchangeComponents {
  readonly clock: Clock
  readonly historyKey: HistoryKey
}

/** Options of an {@link AskExchange}. */
export interface AskExchangeInit extends Omit<AnswerVerifierInit, 'models'> {
  readonly silenceMsMax: Milliseconds
  readonly bufferBytesMax: number
  readonly messageBytesMax: number
  readonly signal: AbortSignal | undefined
  /** Called once when nothing more is wanted; `isDone` if the driver has ended it itself. */
  readonly onOver: (isDone: boolean) => void
}

/** Failures that say that the driver, or the way to it, is gone. */
const LOST: readonly string[] = ['CLIENT_DRIVER_LOST', 'CLIENT_DRIVER_SILENT']

/** One ask and its answer: opens what arrives, verifies it, hands it to the reader. */
export class AskExchange implements AskStream {
  readonly ask: string
  readonly report: Promise<AnswerReport>
  readonly #components: AskExchangeComponents
  readonly #init: AskExchangeInit
  readonly #buffer: EventBuffer
  readonly #over = new AbortController()
  #verifier: AnswerVerifier | undefined
  #opener: AnswerOpener | undefined
  #sequence = 0
  readonly #beganMs: Milliseconds
  #firstTokenMs: Milliseconds | undefined
  #lastMs: Milliseconds
  #settle: { resolve: (report: AnswerReport) => void; reject: (error: ShardlineError) => void } | undefined

  constructor(components: AskExchangeComponents, init: AskExchangeInit) {
    this.#components = components
    this.#init = init
    this.ask = init.ask
    this.#beganMs = components.clock.monotonic()
    this.#lastMs = this.#beganMs
    this.report = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Who only iterates gets the failure there; it must not count as unhandled.
    this.report.catch(() => undefined)
    this.#buffer = new EventBuffer({
      bytesMax: init.bufferBytesMax,
      // Who leaves at `done` has it all.
      onLeave: () => {
        if (this.#verifier?.report === undefined) this.fail(new AbortedError('the answer'))
      },
    })
    const { signal } = init
    const onAbort = (): void => this.fail(new AbortedError('the answer', signal?.reason))
    signal?.addEventListener('abort', onAbort, { once: true, signal: this.#over.signal })
    if (signal?.aborted === true) onAbort()
    this.#watch().catch(() => undefined) // Ends when the answer does.
  }

  /** Aborts when it is over, whatever came of it. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** Its ask goes out now, to a driver with this offer. */
  begin(models: AnswerVerifierInit['models']): void {
    this.#verifier = new AnswerVerifier({ ...this.#init, models })
  }

  /** Takes a message of the driver; never rejects. */
  async receive(message: AnswerMessage | AskRefusedMessage): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#lastMs = this.#components.clock.monotonic()
    try {
      if (message.kind === 'ask-refused') {
        throw new AskRefusedError(message, message.retryAfterMs ?? undefined)
      }
      const text = await this.#open(message)
      const events = answerEvents.decode(text)
      for (const event of events) await this.#take(event, text.length / events.length)
      if (message.isLast) this.#finish()
    } catch (cause) {
      this.#end(fromUnknown(cause), message.kind === 'ask-refused' || message.isLast)
    }
  }

  /** Ends it without an answer; a driver that is lost behind all of an answer, and before its last word, is none. */
  fail(error: ShardlineError): void {
    if (LOST.includes(error.code) && this.#verifier?.isWhole === true) void this.#conclude(this.#verifier)
    else this.#end(error, false)
  }

  [Symbol.asyncIterator](): AsyncIterator<AnswerEvent, undefined> {
    return this.#buffer[Symbol.asyncIterator]()
  }

  async #open(message: AnswerMessage): Promise<Uint8Array> {
    const { ask, messageBytesMax } = this.#init
    if (message.sequence !== this.#sequence) {
      throw this.#invalid(`message ${message.sequence} of an answer comes instead of ${this.#sequence}`)
    }
    this.#sequence += 1
    const bytes = base64.decode(message.sealed)
    const header = bytes.subarray(0, ANSWER_HEADER_BYTES)
    const isFirst = this.#opener === undefined
    this.#opener ??= await AnswerOpener.create({
      header,
      requestId: ask,
      historyKey: this.#components.historyKey,
      chunkBytesMax: messageBytesMax,
    })
    const text = this.#opener.open(isFirst ? bytes.subarray(ANSWER_HEADER_BYTES) : bytes)
    if (this.#opener.isEnded !== message.isLast) throw this.#invalid('the end of an answer is misplaced')
    return text
  }

  async #conclude(verifier: AnswerVerifier): Promise<void> {
    const nowMs = this.#components.clock.monotonic()
    const timeToFirstTokenMs = (this.#firstTokenMs ?? nowMs) - this.#beganMs
    try {
      if (verifier.report === undefined) {
        await this.#take(verifier.done({ timeToFirstTokenMs, durationMs: nowMs - this.#beganMs }), 0)
      }
      this.#finish()
    } catch (cause) {
      this.#end(fromUnknown(cause), false)
    }
  }

  async #take(event: AnswerEvent, bytes: number): Promise<void> {
    await this.#verifier?.take(event)
    if (event.type === 'piece') this.#firstTokenMs ??= this.#components.clock.monotonic()
    if (!this.#over.signal.aborted) this.#buffer.put(event, bytes)
  }

  #finish(): void {
    const report = this.#verifier?.report
    if (report === undefined) throw this.#invalid('an answer ends without saying so')
    if (this.#over.signal.aborted) return
    this.#over.abort()
    this.#buffer.end()
    this.#settle?.resolve(report)
    this.#init.onOver(true)
  }

  #end(error: ShardlineError, isDone: boolean): void {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    if (error instanceof AbortedError) this.#buffer.clear()
    this.#buffer.end(error)
    this.#settle?.reject(error)
    this.#init.onOver(isDone)
  }

  #invalid(what: string): DriverAnswerInvalidError {
    return new DriverAnswerInvalidError(this.#init.driver, what)
  }

  /** Links that live don't show that the answer goes on. */
  async #watch(): Promise<void> {
    const { silenceMsMax, driver } = this.#init
    const { clock } = this.#components
    for (;;) {
      const waitedMs = clock.monotonic() - this.#lastMs
      if (waitedMs >= silenceMsMax) {
        this.fail(new DriverSilentError(driver, silenceMsMax))
        return
      }
      await clock.sleep(silenceMsMax - waitedMs, { signal: this.#over.signal })
    }
  }
}
