import type { ShardlineError } from '@shardline/core'
import type { Answer, AnswerChunk, AnswerResult } from './driver-types.ts'
import { AnswerTakenError } from './errors.ts'
import type { Session } from './session.ts'

/** Options of an {@link AnswerStream}. */
export interface AnswerStreamInit {
  /** Pieces that may wait for the reader before {@link AnswerStream.isFull}. */
  readonly chunksBufferedMax: number
  /** Called when a full buffer has room again. */
  readonly onRoom: () => void
  /** Called when the reader leaves before the end. */
  readonly onLeave: () => void
}

type End = { readonly kind: 'finished' } | { readonly kind: 'failed'; readonly error: ShardlineError }

/**
 * An answer between the pipeline, which pushes pieces, and its reader.
 *
 * Once a reader iterates, at most `chunksBufferedMax` pieces wait for it and the pipeline pauses meanwhile, so `result` of
 * an answer whose reader stopped reading (without leaving the loop) waits too. If nobody iterates, the pieces wait for a
 * later reader, at most as many as the request's tokens, and nothing pauses.
 */
export class AnswerStream implements Answer {
  readonly result: Promise<AnswerResult>
  readonly #init: AnswerStreamInit
  readonly #chunks: AnswerChunk[] = []
  #resolve: (result: AnswerResult) => void = () => undefined
  #reject: (error: ShardlineError) => void = () => undefined
  #end: End | undefined
  #isTaken = false
  #wake: (() => void) | undefined
  #session: Pick<Session, 'id' | 'isProven'> | undefined

  constructor(init: AnswerStreamInit) {
    this.#init = init
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Who only iterates gets the failure there; it must not count as unhandled.
    this.result.catch(() => undefined)
  }

  get session(): string | undefined {
    return this.#session?.isProven === true ? this.#session.id : undefined
  }

  /** The session that makes it. */
  beginWith(session: Pick<Session, 'id' | 'isProven'>): void {
    this.#session = session
  }

  /** Whether the reader has as many pieces waiting as may. */
  get isFull(): boolean {
    return this.#isTaken && this.#chunks.length >= this.#init.chunksBufferedMax
  }

  /** Adds a piece. */
  push(chunk: AnswerChunk): void {
    if (this.#end !== undefined) return
    this.#chunks.push(chunk)
    this.#wake?.()
  }

  /** Ends the answer: the reader gets what waits, then the end. */
  finish(result: AnswerResult): void {
    if (this.#end !== undefined) return
    this.#end = { kind: 'finished' }
    this.#resolve(result)
    this.#wake?.()
  }

  /** Ends the answer by a failure: the reader gets what waits, then the error. */
  fail(error: ShardlineError): void {
    if (this.#end !== undefined) return
    this.#end = { kind: 'failed', error }
    this.#reject(error)
    this.#wake?.()
  }

  /** @throws AnswerTakenError at the second call. */
  [Symbol.asyncIterator](): AsyncIterator<AnswerChunk, undefined, undefined> {
    if (this.#isTaken) throw new AnswerTakenError()
    this.#isTaken = true
    return this.#read()
  }

  async *#read(): AsyncGenerator<AnswerChunk, undefined, undefined> {
    try {
      for (;;) {
        const wasFull = this.isFull
        const chunk = this.#chunks.shift()
        if (wasFull) this.#init.onRoom()
        if (chunk !== undefined) yield chunk
        else if (this.#end?.kind === 'failed') throw this.#end.error
        else if (this.#end !== undefined) return undefined
        else await this.#more()
      }
    } finally {
      this.#chunks.length = 0
      if (this.#end === undefined) this.#init.onLeave()
    }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }
}
