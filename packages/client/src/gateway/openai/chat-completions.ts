import { answerId, nowSeconds } from '../answer/answer-id.ts'
import { collectAnswer } from '../answer/collect-answer.ts'
import type { CollectedAnswer, CollectedChoice } from '../answer/collect-answer.ts'
import { Exchange } from '../answer/exchange.ts'
import { fingerprintOf } from '../answer/find-model.ts'
import { shardlineReport } from '../answer/shardline-report.ts'
import { streamAnswer } from '../answer/stream-answer.ts'
import type { App, GatewayContext } from '../http/app.ts'
import { ChatChunks } from './chat-chunks.ts'
import { chosenLogprobs } from './chat-logprobs.ts'
import { readChat } from './read-chat.ts'
import type { ChatRequest } from './read-chat.ts'
import { usageOf } from './usage.ts'
import { openAiCalls } from './openai-calls.ts'

/** Adds `/v1/chat/completions`. */
export function addChatCompletions(app: App, context: GatewayContext): void {
  app.post('/v1/chat/completions', async (request, reply) => {
    const chat = await readChat(request.body, context)
    const exchange = new Exchange(context, reply)
    const answer = exchange.ask([chat.content])
    const head = {
      id: answerId('chatcmpl-', context),
      created: nowSeconds(context),
      model: chat.offered.model,
      system_fingerprint: fingerprintOf(chat.offered),
    }
    if (chat.isStream) return streamAnswer(exchange, answer, new ChatChunks(head, chat, context))
    const collected = await collectAnswer(exchange, answer, chat.isLogprobsWanted)
    return { ...head, object: 'chat.completion', ...wholeAnswer(collected, chat, context) }
  })
}

function wholeAnswer(
  { choices, done, report }: CollectedAnswer,
  chat: ChatRequest,
  context: GatewayContext,
): Readonly<Record<string, unknown>> {
  return {
    choices: choices.map((choice) => chatChoice(choice, chat, context)),
    usage: usageOf(done),
    shardline: shardlineReport(report),
  }
}

function chatChoice(choice: CollectedChoice, chat: ChatRequest, context: GatewayContext): unknown {
  const reader = chat.tools.reader()
  const [first, last] = [reader.push(choice.text), reader.end()]
  const calls = [...first.calls, ...last.calls]
  const text = first.text + last.text
  const hasCalls = calls.length > 0
  return {
    index: choice.index,
    message: {
      role: 'assistant',
      content: hasCalls && text === '' ? null : text,
      refusal: null,
      annotations: [],
      ...(hasCalls ? { tool_calls: openAiCalls(calls, context) } : {}),
    },
    logprobs: chat.isLogprobsWanted ? { content: chosenLogprobs(choice.tokens), refusal: null } : null,
    finish_reason: hasCalls && choice.finishReason === 'stop' ? 'tool_calls' : choice.finishReason,
  }
}
