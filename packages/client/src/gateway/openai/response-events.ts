import type { AnswerToken } from '@shardline/wire'
import type { AnswerReport } from '../../answer-source.ts'
import { answerId, nowSeconds } from '../answer/answer-id.ts'
import type { DoneEvent, GoodEvent } from '../answer/collect-answer.ts'
import type { StreamForm } from '../answer/stream-answer.ts'
import { SSE } from '../answer/stream-writer.ts'
import type { StreamKind } from '../answer/stream-writer.ts'
import type { ChoiceReader, ReadText } from '../answer/tool-call.ts'
import { GatewayAnswerIncompleteError } from '../gateway-errors.ts'
import type { GatewayContext } from '../http/app.ts'
import type { FailureReply } from '../http/error-reply.ts'
import { chosenLogprobs } from './chat-logprobs.ts'
import {
  answerTurns,
  callItem,
  closedResponse,
  messageItem,
  openResponse,
  textPart,
} from './response-object.ts'
import type { CallItem, Json, ResponseHead } from './response-object.ts'
import { sse } from './sse.ts'

/**
 * A response as events: its start, a message piece by piece, calls of functions, its end. The message is begun by its first
 * text, so that an answer of calls alone has none.
 */
export class ResponseEvents implements StreamForm {
  readonly kind: StreamKind = SSE
  readonly #head: ResponseHead
  readonly #context: GatewayContext
  readonly #reader: ChoiceReader
  readonly #messageId: string
  readonly #texts: string[] = []
  readonly #tokens: AnswerToken[] = []
  readonly #calls: CallItem[] = []
  #isMessageOpen = false
  #isCut = false
  #done: DoneEvent | undefined
  #sequence = 0

  constructor(head: ResponseHead, context: GatewayContext) {
    this.#head = head
    this.#context = context
    this.#reader = head.request.tools.reader()
    this.#messageId = answerId('msg_', context)
  }

  event(event: GoodEvent): string {
    switch (event.type) {
      case 'started': {
        const response = openResponse(this.#head, 'in_progress')
        return this.#send('response.created', { response }) + this.#send('response.in_progress', { response })
      }
      case 'piece': {
        const tokens = this.#head.request.isLogprobsWanted ? event.tokens : []
        return this.#read(this.#reader.push(event.text), tokens)
      }
      case 'choice-ended':
        this.#isCut = event.finishReason === 'length'
        return this.#read(this.#reader.end(), [])
      case 'done':
        this.#done = event
        return ''
      case 'restaged':
      case 'window':
        return ''
    }
  }

  end(report: AnswerReport): string {
    if (this.#done === undefined) throw new GatewayAnswerIncompleteError()
    const begun = this.#calls.length === 0 ? this.#openMessage() : ''
    const text = this.#texts.join('')
    const hasMessage = this.#isMessageOpen
    const messageEnd = hasMessage ? this.#closeMessage(text) : ''
    const callEvents = this.#calls
      .map((call, index) => this.#callEvents(call, index + (hasMessage ? 1 : 0)))
      .join('')
    const output = [...(hasMessage ? [this.#message(text)] : []), ...this.#calls]
    const response = closedResponse(this.#head, {
      output,
      isCut: this.#isCut,
      completedAt: nowSeconds(this.#context),
      done: this.#done,
      report,
    })
    const { request, id } = this.#head
    if (request.isStored) {
      const turns = [...request.turns, ...answerTurns(text, this.#calls)]
      this.#context.responses.keep(id, { turns, body: response })
    }
    const last = this.#send(this.#isCut ? 'response.incomplete' : 'response.completed', { response })
    return begun + messageEnd + callEvents + last
  }

  failure({ error }: FailureReply): string {
    const response = {
      ...openResponse(this.#head, 'failed'),
      error: { code: error.code ?? 'server_error', message: error.message },
    }
    const { message, code, param } = error
    return this.#send('error', { code, message, param }) + this.#send('response.failed', { response })
  }

  #read({ text, calls }: ReadText, tokens: readonly AnswerToken[]): string {
    this.#calls.push(...calls.map((call) => callItem(call, this.#context)))
    this.#tokens.push(...tokens)
    if (text === '' && tokens.length === 0) return ''
    const opened = this.#openMessage()
    this.#texts.push(text)
    const delta = { ...this.#place(), delta: text, logprobs: chosenLogprobs(tokens) }
    return opened + this.#send('response.output_text.delta', delta)
  }

  #openMessage(): string {
    if (this.#isMessageOpen) return ''
    this.#isMessageOpen = true
    const item = messageItem(this.#messageId, [], 'in_progress')
    return (
      this.#send('response.output_item.added', { output_index: 0, item }) +
      this.#send('response.content_part.added', { ...this.#place(), part: textPart('', []) })
    )
  }

  #closeMessage(text: string): string {
    const part = textPart(text, this.#tokens)
    const logprobs = chosenLogprobs(this.#tokens)
    return (
      this.#send('response.output_text.done', { ...this.#place(), text, logprobs }) +
      this.#send('response.content_part.done', { ...this.#place(), part }) +
      this.#send('response.output_item.done', { output_index: 0, item: this.#message(text) })
    )
  }

  #callEvents(item: CallItem, output_index: number): string {
    const { id: item_id, arguments: all, name } = item
    const begun = { ...item, status: 'in_progress', arguments: '' }
    return (
      this.#send('response.output_item.added', { output_index, item: begun }) +
      this.#send('response.function_call_arguments.delta', { item_id, output_index, delta: all }) +
      this.#send('response.function_call_arguments.done', { item_id, output_index, name, arguments: all }) +
      this.#send('response.output_item.done', { output_index, item })
    )
  }

  #message(text: string): Json {
    return messageItem(
      this.#messageId,
      [textPart(text, this.#tokens)],
      this.#isCut ? 'incomplete' : 'completed',
    )
  }

  #place(): Json {
    return { item_id: this.#messageId, output_index: 0, content_index: 0 }
  }

  #send(type: string, fields: Json): string {
    return sse({ type, sequence_number: this.#sequence++, ...fields }, type)
  }
}
