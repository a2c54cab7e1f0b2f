import type { ShardlineError } from '@shardline/core'
import { AbortedError } from '@shardline/core'
import type { WeightRange } from '@shardline/model'
import { WeightsNotHeldError } from '@shardline/model'
import type { ErrorMessage, Link, Message, RequestId } from '@shardline/wire'
import { WeightsPeerLostError, WeightsRefusedError } from '../errors.ts'

interface Waiting {
  readonly range: WeightRange
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: ShardlineError) => void
}

/** A link on which ranges of files are asked for; matches answers to asks. */
export class WeightsLink {
  readonly #link: Link
  readonly #address: string
  readonly #waiting = new Map<RequestId, Waiting>()
  #requests = 0
  #isEnded = false

  constructor(link: Link, address: string) {
    this.#link = link
    this.#address = address
    void this.#read()
  }

  /** Whether it can be used. */
  get isOpen(): boolean {
    return !this.#isEnded && this.#link.closeReason === undefined
  }

  /**
   * Asks for a range.
   *
   * @throws WeightsNotHeldError, WeightsRefusedError, WeightsPeerLostError; AbortedError, after which an answer is ignored.
   */
  async ask(range: WeightRange, signal: AbortSignal): Promise<Uint8Array> {
    const request = this.#requests++
    const over = new AbortController()
    const answer = new Promise<Uint8Array>((resolve, reject) => {
      this.#waiting.set(request, { range, resolve, reject })
      const onAbort = (): void => reject(new AbortedError('fetching weights', signal.reason))
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort, { signal: over.signal })
    })
    const { file, part, offset, length } = range
    const sending = this.#link
      .send({ kind: 'weights-ask', request, file: file.blocks, part, offset, length })
      .catch((cause: unknown) => {
        this.#waiting.get(request)?.reject(new WeightsPeerLostError(this.#address, cause))
      })
    try {
      const [bytes] = await Promise.all([answer, sending])
      return bytes
    } finally {
      over.abort()
      this.#waiting.delete(request)
    }
  }

  /** Closes the link; may be called twice. Never rejects. */
  async close(reason: string): Promise<void> {
    await this.#link.close(reason).catch(() => undefined)
  }

  async #read(): Promise<void> {
    let cause: unknown
    try {
      for await (const message of this.#link.messages()) this.#take(message)
    } catch (thrown) {
      cause = thrown
    }
    this.#isEnded = true
    const error = new WeightsPeerLostError(this.#address, cause)
    for (const waiting of this.#waiting.values()) waiting.reject(error)
  }

  #take(message: Message): void {
    if (message.kind === 'weights') this.#waiting.get(message.request)?.resolve(message.payload)
    if (message.kind !== 'error' || message.request === null) return
    const waiting = this.#waiting.get(message.request)
    waiting?.reject(this.#refusal(message, waiting.range))
  }

  #refusal({ code, message }: ErrorMessage, { file, part, offset, length }: WeightRange): ShardlineError {
    if (code !== 'NODE_WEIGHTS_NOT_HELD') return new WeightsRefusedError(this.#address, code, message)
    const what = part === 'bytes' ? `${length} bytes from ${offset} on` : 'the block hashes'
    return new WeightsNotHeldError(this.#address, `${what} of ${file.name}`)
  }
}
