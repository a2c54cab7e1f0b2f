import { PromptTooLongError } from '@shardline/driver'
import type { AnswerResult, Conversation, Pipeline, PipelinePrediction } from '@shardline/driver'
import type { SamplingOptions } from '@shardline/engine'
import type { ChatMessage, ChatTemplate, Tokenizer } from '@shardline/model'
import type { TurnOptions } from './chat-partner.ts'

/** What a {@link ChatSession} works with. */
export interface ChatComponents {
  readonly pipeline: Pick<Pipeline, 'converse' | 'prediction'>
  readonly tokenizer: Tokenizer
  readonly chatTemplate: ChatTemplate
}

/** Options of a {@link ChatSession}. */
export interface ChatSessionInit {
  readonly system: string | undefined
  readonly sampling: SamplingOptions
  readonly stopStrings: readonly string[]
  /** Tokens of one answer at the most. */
  readonly maxTokens: number
  /** Tokens that the conversation's cache holds: context and answer together. */
  readonly capacity: number
}

/** A finished turn. */
export interface Turn {
  readonly result: AnswerResult
  /** Messages that were dropped from the start of the chat because it had grown beyond the context. */
  readonly droppedMessages: number
}

/**
 * A chat: its messages, and the conversation whose cache stays in the stages between the turns.
 * When it outgrows the context, its oldest turns are forgotten; the system text stays.
 */
export class ChatSession implements AsyncDisposable {
  readonly #components: ChatComponents
  readonly #init: ChatSessionInit
  #messages: ChatMessage[] = []
  #conversation: Conversation | undefined
  #last: AnswerResult | undefined

  constructor(components: ChatComponents, init: ChatSessionInit) {
    this.#components = components
    this.#init = init
  }

  /** How fast its pipeline was foretold to be. */
  get prediction(): PipelinePrediction | undefined {
    return this.#components.pipeline.prediction
  }

  /** The latest finished answer. */
  get last(): AnswerResult | undefined {
    return this.#last
  }

  /** Messages of the user and the model so far. */
  get messageCount(): number {
    return this.#messages.length
  }

  /**
   * Says something and resolves when the answer is finished or stopped; a stopped answer counts as said.
   * A failed turn is as if it had not been.
   *
   * @throws PromptTooLongError if this message alone leaves no room for an answer; what the pipeline throws.
   */
  async say(content: string, options: TurnOptions): Promise<Turn> {
    const before = this.#messages
    this.#messages = [...before, { role: 'user', content }]
    try {
      const { promptTokenIds, dropped } = this.#fit()
      const result = await this.#answer(promptTokenIds, options)
      this.#messages.push({ role: 'assistant', content: result.text })
      this.#last = result
      return { result, droppedMessages: dropped }
    } catch (cause) {
      this.#messages = before
      throw cause
    }
  }

  /** Forgets the chat and frees its cache. */
  async reset(): Promise<void> {
    this.#messages = []
    this.#last = undefined
    const conversation = this.#conversation
    this.#conversation = undefined
    await conversation?.[Symbol.asyncDispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.reset()
  }

  /** Drops the oldest turns until the context has room for an answer, and renders the rest. */
  #fit(): { promptTokenIds: readonly number[]; dropped: number } {
    const { capacity, maxTokens } = this.#init
    // Half of the context is history at the least, however long an answer may be.
    const promptTokensMax = capacity - Math.min(maxTokens, Math.floor(capacity / 2))
    let dropped = 0
    let promptTokenIds = this.#render()
    while (promptTokenIds.length > promptTokensMax && this.#messages.length > 2) {
      this.#messages = this.#messages.slice(2)
      dropped += 2
      promptTokenIds = this.#render()
    }
    if (promptTokenIds.length >= capacity) throw new PromptTooLongError(promptTokenIds.length, capacity - 1)
    return { promptTokenIds, dropped }
  }

  #render(): readonly number[] {
    const { system } = this.#init
    const { chatTemplate, tokenizer } = this.#components
    const first: readonly ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }]
    return tokenizer.encode(chatTemplate.render([...first, ...this.#messages]), { addSpecial: false })
  }

  async #answer(promptTokenIds: readonly number[], options: TurnOptions): Promise<AnswerResult> {
    const { capacity, maxTokens, sampling, stopStrings } = this.#init
    this.#conversation ??= await this.#components.pipeline.converse({ capacity })
    const answer = this.#conversation.generate({
      promptTokenIds,
      maxTokens: Math.min(maxTokens, capacity - promptTokenIds.length),
      sampling,
      stopStrings,
      isDigestWanted: false,
      signal: options.signal,
    })
    answer.result.catch(() => undefined)
    for await (const chunk of answer) options.onText(chunk.text)
    return answer.result
  }
}
