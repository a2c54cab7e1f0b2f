import { AbortedError } from '@shardline/core'
import type { ServerResponse } from 'node:http'
import { GatewayReaderSlowError } from '../gateway-errors.ts'
import { clientOf } from '../http/client-of.ts'
import { onClose } from '../http/on-close.ts'
import type { Exchange } from './exchange.ts'

/** How a stream is written. */
export interface StreamKind {
  readonly contentType: string
  /** What is written while there is nothing to say; undefined if the form has no comments. */
  readonly comment: string | undefined
}

/** Server-sent events. */
export const SSE: StreamKind = {
  contentType: 'text/event-stream; charset=utf-8',
  comment: ': keep-alive\n\n',
}

/** One JSON document a line. */
export const NDJSON: StreamKind = { contentType: 'application/x-ndjson', comment: undefined }

/**
 * Writes a stream to a client at the client's pace: a write resolves when there's room again, and a client that makes no
 * room for too long is cut off.
 */
export class StreamWriter {
  readonly #exchange: Exchange
  readonly #kind: StreamKind
  readonly #raw: ServerResponse
  readonly #ended = new AbortController()
  #writtenAtMs = 0
  #isWaiting = false

  constructor(exchange: Exchange, kind: StreamKind) {
    this.#exchange = exchange
    this.#kind = kind
    this.#raw = exchange.reply.raw
  }

  /** Sends status and headers; from here on failures are told in the stream. */
  begin(): void {
    const { reply } = this.#exchange
    reply.hijack()
    this.#raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': this.#kind.contentType,
      'x-accel-buffering': 'no',
    })
    this.#raw.flushHeaders()
    this.#writtenAtMs = this.#exchange.context.clock.monotonic()
    if (this.#kind.comment !== undefined) void this.#fillSilence(this.#kind.comment)
  }

  /**
   * Writes, and waits until there's room for more.
   *
   * @throws AbortedError if the client has left; GatewayReaderSlowError if it doesn't read.
   */
  async write(text: string): Promise<void> {
    if (text === '') return
    if (this.#raw.destroyed) throw new AbortedError('the request')
    this.#writtenAtMs = this.#exchange.context.clock.monotonic()
    if (!this.#raw.write(text)) await this.#room()
  }

  /** Ends the stream; a client that doesn't read the rest of it is cut off too. */
  end(): void {
    this.#ended.abort()
    if (this.#raw.destroyed) return
    const { clock, settings } = this.#exchange.context
    const patience = new AbortController()
    onClose(this.#raw, () => patience.abort())
    this.#raw.end()
    clock.sleep(settings.readerMsMax, { signal: patience.signal }).then(
      () => this.#raw.destroy(),
      () => undefined,
    )
  }

  async #room(): Promise<void> {
    const { clock, settings, slots } = this.#exchange.context
    const patience = new AbortController()
    const isMoving = slots.stall(clientOf(this.#exchange.reply.request.ip), () => this.#raw.destroy())
    const onMove = (): void => patience.abort()
    this.#raw.once('drain', onMove).once('close', onMove)
    this.#isWaiting = true
    const isLate = await clock.sleep(settings.readerMsMax, { signal: patience.signal }).then(
      () => true,
      () => false,
    )
    this.#isWaiting = false
    isMoving()
    this.#raw.off('drain', onMove).off('close', onMove)
    if (!isLate) return
    this.#raw.destroy()
    throw new GatewayReaderSlowError(settings.readerMsMax)
  }

  async #fillSilence(comment: string): Promise<void> {
    const { clock, settings } = this.#exchange.context
    const signal = AbortSignal.any([this.#ended.signal, this.#exchange.signal])
    while (!signal.aborted) {
      const silenceMs = clock.monotonic() - this.#writtenAtMs
      if (silenceMs >= settings.commentMs && !this.#isWaiting) {
        this.#writtenAtMs = clock.monotonic()
        this.#raw.write(comment)
      }
      await clock.sleep(Math.max(1, settings.commentMs - silenceMs), { signal }).catch(() => undefined)
    }
  }
}
