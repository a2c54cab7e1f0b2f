import { answerId, nowSeconds } from '../answer/answer-id.ts'
import { collectAnswer } from '../answer/collect-answer.ts'
import type { CollectedChoice } from '../answer/collect-answer.ts'
import { Exchange } from '../answer/exchange.ts'
import { fingerprintOf } from '../answer/find-model.ts'
import { shardlineReport } from '../answer/shardline-report.ts'
import { streamAnswer } from '../answer/stream-answer.ts'
import type { App, GatewayContext } from '../http/app.ts'
import { CompletionChunks } from './completion-chunks.ts'
import { completionLogprobs } from './completion-logprobs.ts'
import { readCompletion } from './read-completion.ts'
import type { CompletionRequest } from './read-completion.ts'
import { usageOf } from './usage.ts'

/** Adds `/v1/completions`. */
export function addCompletions(app: App, context: GatewayContext): void {
  app.post('/v1/completions', async (request, reply) => {
    const completion = await readCompletion(request.body, context)
    const exchange = new Exchange(context, reply)
    const answer = exchange.ask(completion.contents)
    const head = {
      id: answerId('cmpl-', context),
      object: 'text_completion',
      created: nowSeconds(context),
      model: completion.offered.model,
      system_fingerprint: fingerprintOf(completion.offered),
    }
    if (completion.isStream) return streamAnswer(exchange, answer, new CompletionChunks(head, completion))
    const collected = await collectAnswer(exchange, answer, completion.isLogprobsWanted)
    return {
      ...head,
      choices: collected.choices.map((choice) => completionChoice(choice, completion)),
      usage: usageOf(collected.done),
      shardline: shardlineReport(collected.report),
    }
  })
}

function completionChoice(
  { index, text, tokens, finishReason }: CollectedChoice,
  { echoes, choicesEach, isLogprobsWanted }: CompletionRequest,
): unknown {
  const echo = echoes[Math.floor(index / choicesEach)] ?? ''
  return {
    text: echo + text,
    index,
    logprobs: isLogprobsWanted ? completionLogprobs(tokens, 0) : null,
    finish_reason: finishReason,
  }
}
