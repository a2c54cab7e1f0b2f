import type { AnswerReport } from '../../answer-source.ts'
import type { DoneEvent, GoodEvent } from '../answer/collect-answer.ts'
import { shardlineReport } from '../answer/shardline-report.ts'
import type { StreamForm } from '../answer/stream-answer.ts'
import { SSE } from '../answer/stream-writer.ts'
import type { StreamKind } from '../answer/stream-writer.ts'
import type { ChoiceReader, ReadText } from '../answer/tool-call.ts'
import type { GatewayContext } from '../http/app.ts'
import type { FailureReply } from '../http/error-reply.ts'
import { chosenLogprobs } from './chat-logprobs.ts'
import type { ChosenLogprob } from './chat-logprobs.ts'
import { openAiCalls } from './openai-calls.ts'
import type { ChatRequest } from './read-chat.ts'
import { SSE_DONE, sse } from './sse.ts'
import { usageOf } from './usage.ts'

type PieceEvent = Extract<GoodEvent, { readonly type: 'piece' }>
type EndEvent = Extract<GoodEvent, { readonly type: 'choice-ended' }>

interface Choice {
  readonly index: number
  readonly reader: ChoiceReader
  callCount: number
}

/** What every chunk of one answer says. */
export interface ChunkHead {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly system_fingerprint: string
}

/**
 * A chat's answer as chunks. The last one waits until the whole answer is verified, and carries the field `shardline`:
 * official clients pass it on or leave it, and none of them counts one chunk more.
 */
export class ChatChunks implements StreamForm {
  readonly kind: StreamKind = SSE
  readonly #head: ChunkHead
  readonly #chat: ChatRequest
  readonly #context: GatewayContext
  readonly #choices: readonly Choice[]
  #last: Readonly<Record<string, unknown>> | undefined
  #done: DoneEvent | undefined

  constructor(head: ChunkHead, chat: ChatRequest, context: GatewayContext) {
    this.#head = head
    this.#chat = chat
    this.#context = context
    this.#choices = Array.from({ length: chat.content.choices }, (_, index) => ({
      index,
      reader: chat.tools.reader(),
      callCount: 0,
    }))
  }

  event(event: GoodEvent): string {
    switch (event.type) {
      case 'started':
        return this.#choices
          .map((choice) => this.#delta(choice, { role: 'assistant', content: '', refusal: null }))
          .join('')
      case 'piece':
        return this.#piece(event)
      case 'choice-ended':
        return this.#ended(event)
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
    if (!this.#chat.isUsageWanted || this.#done === undefined) return sse({ ...last, shardline }) + SSE_DONE
    const usage = { ...this.#chunk([]), usage: usageOf(this.#done), shardline }
    return sse(last) + sse(usage) + SSE_DONE
  }

  failure({ error }: FailureReply): string {
    return sse({ error })
  }

  #piece({ choice: index, text, tokens }: PieceEvent): string {
    const choice = this.#choices[index]
    if (choice === undefined) return ''
    const logprobs = this.#chat.isLogprobsWanted ? chosenLogprobs(tokens) : []
    return this.#read(choice, choice.reader.push(text), logprobs)
  }

  #ended({ choice: index, finishReason }: EndEvent): string {
    const choice = this.#choices[index]
    if (choice === undefined) return ''
    const rest = this.#read(choice, choice.reader.end(), [])
    const reason = choice.callCount > 0 && finishReason === 'stop' ? 'tool_calls' : finishReason
    const before = this.#last === undefined ? '' : sse(this.#last)
    this.#last = this.#chunk([{ index: choice.index, delta: {}, logprobs: null, finish_reason: reason }])
    return rest + before
  }

  #read(choice: Choice, { text, calls }: ReadText, logprobs: readonly ChosenLogprob[]): string {
    const content =
      text === '' && logprobs.length === 0 ? '' : this.#delta(choice, { content: text }, logprobs)
    if (calls.length === 0) return content
    const tool_calls = openAiCalls(calls, this.#context).map((call, index) => ({
      index: choice.callCount + index,
      ...call,
    }))
    choice.callCount += calls.length
    return content + this.#delta(choice, { tool_calls })
  }

  #delta(
    choice: Choice,
    delta: Readonly<Record<string, unknown>>,
    logprobs: readonly ChosenLogprob[] = [],
  ): string {
    const all = logprobs.length === 0 ? null : { content: logprobs, refusal: null }
    return sse(this.#chunk([{ index: choice.index, delta, logprobs: all, finish_reason: null }]))
  }

  #chunk(choices: readonly unknown[]): Readonly<Record<string, unknown>> {
    const usage = this.#chat.isUsageWanted ? { usage: null } : {}
    return { ...this.#head, object: 'chat.completion.chunk', choices, ...usage }
  }
}
