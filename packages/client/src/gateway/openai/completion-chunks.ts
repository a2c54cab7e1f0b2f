import type { AnswerReport } from '../../answer-source.ts'
import type { DoneEvent, GoodEvent } from '../answer/collect-answer.ts'
import { shardlineReport } from '../answer/shardline-report.ts'
import type { StreamForm } from '../answer/stream-answer.ts'
import { SSE } from '../answer/stream-writer.ts'
import type { StreamKind } from '../answer/stream-writer.ts'
import type { FailureReply } from '../http/error-reply.ts'
import { completionLogprobs, tokenLength } from './completion-logprobs.ts'
import type { CompletionRequest } from './read-completion.ts'
import { SSE_DONE, sse } from './sse.ts'
import { usageOf } from './usage.ts'

type PieceEvent = Extract<GoodEvent, { readonly type: 'piece' }>
type Chunk = Readonly<Record<string, unknown>>

/** A completion as chunks. The last one carries the field `shardline`, as in a chat. */
export class CompletionChunks implements StreamForm {
  readonly kind: StreamKind = SSE
  readonly #head: Chunk
  readonly #completion: CompletionRequest
  /** UTF-16 units of each choice so far. */
  readonly #lengths = new Map<number, number>()
  #last: Chunk | undefined
  #done: DoneEvent | undefined

  constructor(head: Chunk, completion: CompletionRequest) {
    this.#head = head
    this.#completion = completion
  }

  event(event: GoodEvent): string {
    switch (event.type) {
      case 'started':
        return this.#echoes()
      case 'piece':
        return this.#piece(event)
      case 'choice-ended': {
        const before = this.#last === undefined ? '' : sse(this.#last)
        const { choice: index, finishReason: finish_reason } = event
        this.#last = this.#chunk([{ text: '', index, logprobs: null, finish_reason }])
        return before
      }
      case 'done':
        this.#done = event
        return ''
      case 'restaged':
      case 'window':
        return ''
    }
  }

  end(report: AnswerReport): string {
    const shardline = shardlineReport(report)
    const last = this.#last ?? this.#chunk([])
    if (!this.#completion.isUsageWanted || this.#done === undefined) {
      return sse({ ...last, shardline }) + SSE_DONE
    }
    return sse(last) + sse({ ...this.#chunk([]), usage: usageOf(this.#done), shardline }) + SSE_DONE
  }

  failure({ error }: FailureReply): string {
    return sse({ error })
  }

  #echoes(): string {
    const { echoes, choicesEach } = this.#completion
    return echoes
      .flatMap((text, prompt) =>
        Array.from({ length: choicesEach }, (_, i) => ({ text, index: prompt * choicesEach + i })),
      )
      .filter(({ text }) => text !== '')
      .map(({ text, index }) => sse(this.#chunk([{ text, index, logprobs: null, finish_reason: null }])))
      .join('')
  }

  #piece({ choice: index, text, tokens }: PieceEvent): string {
    const { isLogprobsWanted } = this.#completion
    if (text === '' && (!isLogprobsWanted || tokens.length === 0)) return ''
    const offset = this.#lengths.get(index) ?? 0
    const logprobs = isLogprobsWanted ? completionLogprobs(tokens, offset) : null
    const length = tokens.reduce((total, { bytes }) => total + tokenLength(bytes), 0)
    this.#lengths.set(index, offset + length)
    return sse(this.#chunk([{ text, index, logprobs, finish_reason: null }]))
  }

  #chunk(choices: readonly unknown[]): Chunk {
    return { ...this.#head, choices, ...(this.#completion.isUsageWanted ? { usage: null } : {}) }
  }
}
