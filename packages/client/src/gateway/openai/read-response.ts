import type { AskContent, AskTurn } from '@shardline/wire'
import { SESSION_TOKENS_MAX } from '@shardline/wire'
import type { OfferedModel } from '../../answer-source.ts'
import { findModel } from '../answer/find-model.ts'
import { RequestFields } from '../answer/request-fields.ts'
import type { ToolPlan } from '../answer/tool-plan.ts'
import { GatewayFieldError, GatewayResponseUnknownError } from '../gateway-errors.ts'
import type { GatewayContext } from '../http/app.ts'
import { oneGrammar, requireChat } from './read-chat.ts'
import { readFormat } from './read-format.ts'
import { readResponseInput } from './read-response-input.ts'
import { readSampling, readStop } from './read-sampling.ts'
import { readTools } from './read-tools.ts'

const TOP_LOGPROBS_MAX = 20
const LOGPROBS = 'message.output_text.logprobs'

/** A request for a response, understood. */
export interface ResponseRequest {
  readonly offered: OfferedModel
  readonly content: AskContent
  readonly tools: ToolPlan
  /** What was said before the answer, without the instructions: what a later response continues. */
  readonly turns: readonly AskTurn[]
  readonly isStream: boolean
  readonly isStored: boolean
  readonly isLogprobsWanted: boolean
  /** What a response repeats of its request. */
  readonly echo: Readonly<Record<string, unknown>>
}

const IGNORED = [
  'context_management',
  'max_tool_calls',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'stream_options',
  'user',
] as const

/** Reads a request for a response. */
export async function readResponse(body: unknown, context: GatewayContext): Promise<ResponseRequest> {
  const fields = RequestFields.of(body)
  const offered = await findModel(context, fields.requiredText('model'))
  requireChat(offered)
  const instructions = fields.text('instructions')
  const previous = fields.text('previous_response_id')
  const turns = [...earlierTurns(previous, context), ...readResponseInput(fields)]
  const tools = readTools({ fields, model: offered, toolsMax: context.settings.toolsMax, isNested: false })
  const { isLogprobsWanted, topLogprobs } = readLogprobs(fields)
  const text = fields.fields('text')
  const format = readFormat(text?.fields('format'), undefined)
  text?.ignore('verbosity')
  text?.end()
  const system: readonly AskTurn[] =
    instructions === undefined ? [] : [{ role: 'system', content: instructions, extra: null }]
  const content: AskContent = {
    model: offered.model,
    input: { kind: 'messages', messages: [...system, ...turns], tools: tools.tools },
    maxTokens: fields.integer('max_output_tokens', { min: 1, max: SESSION_TOKENS_MAX }) ?? null,
    sampling: readSampling(fields, topLogprobs),
    stopStrings: readStop(fields),
    choices: 1,
    grammar: oneGrammar(format, tools, 'text.format'),
  }
  const isStream = fields.flag('stream') ?? false
  const isStored = fields.flag('store') ?? true
  const echo = readEcho(fields, {
    instructions: instructions ?? null,
    previous_response_id: previous ?? null,
  })
  refuseTheRest(fields)
  return { offered, content, tools, turns, isStream, isStored, isLogprobsWanted, echo }
}

function earlierTurns(id: string | undefined, { responses }: GatewayContext): readonly AskTurn[] {
  if (id === undefined) return []
  const kept = responses.find(id)
  if (kept === undefined) throw new GatewayResponseUnknownError(id, 'previous_response_id')
  return kept.turns
}

function readLogprobs(fields: RequestFields): {
  readonly isLogprobsWanted: boolean
  readonly topLogprobs: number
} {
  const include = fields.list('include', 16) ?? []
  const isLogprobsWanted = include.includes(LOGPROBS)
  const topLogprobs = fields.integer('top_logprobs', { min: 0, max: TOP_LOGPROBS_MAX }) ?? 0
  if (topLogprobs > 0 && !isLogprobsWanted) {
    throw new GatewayFieldError('top_logprobs', `left away unless include has ${LOGPROBS}`)
  }
  return { isLogprobsWanted, topLogprobs }
}

function readEcho(
  fields: RequestFields,
  own: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const format = fields.fields('text')?.value('format') ?? { type: 'text' }
  return {
    ...own,
    metadata: fields.value('metadata') ?? {},
    max_output_tokens: fields.value('max_output_tokens') ?? null,
    parallel_tool_calls: fields.value('parallel_tool_calls') ?? true,
    store: fields.value('store') ?? true,
    temperature: fields.value('temperature') ?? null,
    text: { format },
    tool_choice: fields.value('tool_choice') ?? 'auto',
    tools: fields.value('tools') ?? [],
    top_logprobs: fields.value('top_logprobs') ?? 0,
    top_p: fields.value('top_p') ?? null,
    truncation: 'disabled',
  }
}

function refuseTheRest(fields: RequestFields): void {
  fields.ignore(...IGNORED)
  fields.refuse('truncation', (value) => value === 'disabled', 'nothing is left out of a context')
  fields.refuse('background', (value) => value === false, 'answers are given on the connection that asks')
  fields.refuse('conversation', () => false, 'continue a response by previous_response_id')
  fields.refuse('prompt', () => false, 'there are no stored prompts')
  fields.end()
}
