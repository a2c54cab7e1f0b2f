import type { AnswerToken, AskTurn } from '@shardline/wire'
import type { AnswerReport } from '../../answer-source.ts'
import { answerId } from '../answer/answer-id.ts'
import type { DoneEvent } from '../answer/collect-answer.ts'
import { shardlineReport } from '../answer/shardline-report.ts'
import type { ToolCall } from '../answer/tool-call.ts'
import type { GatewayContext } from '../http/app.ts'
import { chosenLogprobs } from './chat-logprobs.ts'
import type { ResponseRequest } from './read-response.ts'
import { callTurn } from './read-response-input.ts'

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** What a response says from its start on. */
export interface ResponseHead {
  readonly id: string
  readonly created: number
  readonly request: ResponseRequest
}

/** How a response ended. */
export interface ResponseEnd {
  readonly output: readonly Json[]
  readonly isCut: boolean
  readonly completedAt: number
  readonly done: DoneEvent
  readonly report: AnswerReport
}

/** A response whose answer isn't whole yet, or never will be. */
export function openResponse({ id, created, request }: ResponseHead, status: 'in_progress' | 'failed'): Json {
  return {
    id,
    object: 'response',
    created_at: created,
    completed_at: null,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    max_tool_calls: null,
    model: request.offered.model,
    output: [],
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    usage: null,
    user: null,
    ...request.echo,
  }
}

/** A response whose answer is whole; one that ran out of tokens is incomplete. */
export function closedResponse(head: ResponseHead, end: ResponseEnd): Json {
  const { promptTokens, outputTokens, reusedTokens } = end.done
  return {
    ...openResponse(head, 'in_progress'),
    status: end.isCut ? 'incomplete' : 'completed',
    completed_at: end.isCut ? null : end.completedAt,
    incomplete_details: end.isCut ? { reason: 'max_output_tokens' } : null,
    output: end.output,
    usage: {
      input_tokens: promptTokens,
      input_tokens_details: { cached_tokens: reusedTokens },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: promptTokens + outputTokens,
    },
    shardline: shardlineReport(end.report),
  }
}

/** Part of a message: its text. */
export function textPart(text: string, tokens: readonly AnswerToken[]): Json {
  return { type: 'output_text', text, annotations: [], logprobs: chosenLogprobs(tokens) }
}

/** A message of the model. */
export function messageItem(id: string, content: readonly Json[], status: string): Json {
  return { id, type: 'message', status, role: 'assistant', content }
}

/** A call of a function. */
export interface CallItem extends Json {
  readonly id: string
  readonly call_id: string
  readonly name: string
  readonly arguments: string
}

/** A call as an item of the output, with new ids. */
export function callItem(call: ToolCall, context: Pick<GatewayContext, 'random'>): CallItem {
  return {
    id: answerId('fc_', context),
    type: 'function_call',
    status: 'completed',
    call_id: answerId('call_', context),
    name: call.name,
    arguments: call.arguments,
  }
}

/** Turns of a chat that ends with this answer. */
export function answerTurns(text: string, calls: readonly CallItem[]): readonly AskTurn[] {
  const said: readonly AskTurn[] =
    text === '' && calls.length > 0 ? [] : [{ role: 'assistant', content: text, extra: null }]
  return [...said, ...calls.map((call) => callTurn(call.call_id, call.name, call.arguments))]
}
