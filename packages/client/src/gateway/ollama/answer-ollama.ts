import type { AskContent } from '@shardline/wire'
import type { FastifyReply } from 'fastify'
import { collectAnswer } from '../answer/collect-answer.ts'
import { Exchange } from '../answer/exchange.ts'
import { streamAnswer } from '../answer/stream-answer.ts'
import { GatewayAnswerIncompleteError } from '../gateway-errors.ts'
import type { GatewayContext } from '../http/app.ts'
import { AnswerLines, doneFields } from './answer-lines.ts'
import type { AnswerLinesInit } from './answer-lines.ts'
import { ollamaTime } from './ollama-time.ts'

/** What is asked, and how the answer is written. */
export interface OllamaRequest extends AnswerLinesInit {
  readonly content: AskContent
  readonly isStream: boolean
}

/** Answers in Ollama's form: line by line, or with all in one object. */
export async function answerOllama(
  context: GatewayContext,
  reply: FastifyReply,
  request: OllamaRequest,
): Promise<unknown> {
  const exchange = new Exchange(context, reply)
  const answer = exchange.ask([request.content])
  if (request.isStream) return streamAnswer(exchange, answer, new AnswerLines(request, context))
  const { choices, done, report } = await collectAnswer(exchange, answer, false)
  const [choice] = choices
  if (choice === undefined) throw new GatewayAnswerIncompleteError()
  const [first, last] = [request.reader.push(choice.text), request.reader.end()]
  const part = { text: first.text + last.text, calls: [...first.calls, ...last.calls] }
  return {
    model: request.model,
    created_at: ollamaTime(context.clock.now()),
    ...request.write(part),
    ...doneFields(done, choice.finishReason, report),
  }
}

/** What Ollama answers to a request without anything to say: the model is loaded. */
export function loaded(
  context: GatewayContext,
  model: string,
  empty: Readonly<Record<string, unknown>>,
): unknown {
  return { model, created_at: ollamaTime(context.clock.now()), ...empty, done: true, done_reason: 'load' }
}
