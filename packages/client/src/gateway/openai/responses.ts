import { answerId, nowSeconds } from '../answer/answer-id.ts'
import { collectAnswer } from '../answer/collect-answer.ts'
import type { CollectedAnswer } from '../answer/collect-answer.ts'
import { Exchange } from '../answer/exchange.ts'
import { streamAnswer } from '../answer/stream-answer.ts'
import { GatewayAnswerIncompleteError, GatewayResponseUnknownError } from '../gateway-errors.ts'
import type { App, GatewayContext } from '../http/app.ts'
import { readResponse } from './read-response.ts'
import { ResponseEvents } from './response-events.ts'
import { answerTurns, callItem, closedResponse, messageItem, textPart } from './response-object.ts'
import type { Json, ResponseHead } from './response-object.ts'

interface ById {
  readonly Params: { readonly id: string }
}

/** Adds `/v1/responses`, and the showing and forgetting of responses that the gateway remembers. */
export function addResponses(app: App, context: GatewayContext): void {
  const { responses } = context
  app.post('/v1/responses', async (http, reply) => {
    const request = await readResponse(http.body, context)
    const exchange = new Exchange(context, reply)
    const answer = exchange.ask([request.content])
    const head: ResponseHead = { id: answerId('resp_', context), created: nowSeconds(context), request }
    if (request.isStream) return streamAnswer(exchange, answer, new ResponseEvents(head, context))
    return wholeResponse(head, await collectAnswer(exchange, answer, request.isLogprobsWanted), context)
  })
  app.get<ById>('/v1/responses/:id', async ({ params: { id } }) => {
    const kept = responses.find(id)
    if (kept === undefined) throw new GatewayResponseUnknownError(id, 'response_id')
    return kept.body
  })
  app.delete<ById>('/v1/responses/:id', async ({ params: { id } }) => {
    if (!responses.forget(id)) throw new GatewayResponseUnknownError(id, 'response_id')
    return { id, object: 'response', deleted: true }
  })
}

function wholeResponse(
  head: ResponseHead,
  { choices, done, report }: CollectedAnswer,
  context: GatewayContext,
): Json {
  const [choice] = choices
  if (choice === undefined) throw new GatewayAnswerIncompleteError()
  const { request } = head
  const reader = request.tools.reader()
  const [first, last] = [reader.push(choice.text), reader.end()]
  const text = first.text + last.text
  const calls = [...first.calls, ...last.calls].map((call) => callItem(call, context))
  const isCut = choice.finishReason === 'length'
  const part = textPart(text, request.isLogprobsWanted ? choice.tokens : [])
  const message = messageItem(answerId('msg_', context), [part], isCut ? 'incomplete' : 'completed')
  const output = text === '' && calls.length > 0 ? calls : [message, ...calls]
  const response = closedResponse(head, { output, isCut, completedAt: nowSeconds(context), done, report })
  if (request.isStored) {
    context.responses.keep(head.id, {
      turns: [...request.turns, ...answerTurns(text, calls)],
      body: response,
    })
  }
  return response
}
