import type { AskContent } from '@shardline/wire'
import { SESSION_TOKENS_MAX } from '@shardline/wire'
import type { OfferedModel } from '../../answer-source.ts'
import { findModel } from '../answer/find-model.ts'
import { RequestFields } from '../answer/request-fields.ts'
import type { ToolPlan } from '../answer/tool-plan.ts'
import { GatewayFieldError, GatewayUnsupportedError } from '../gateway-errors.ts'
import type { GatewayContext } from '../http/app.ts'
import { readFormat } from './read-format.ts'
import { readMessages } from './read-messages.ts'
import { readSampling, readStop } from './read-sampling.ts'
import { readTools } from './read-tools.ts'

const TOP_LOGPROBS_MAX = 20

/** A request for a chat completion, understood. */
export interface ChatRequest {
  readonly offered: OfferedModel
  readonly content: AskContent
  readonly tools: ToolPlan
  readonly isStream: boolean
  readonly isUsageWanted: boolean
  readonly isLogprobsWanted: boolean
}

/** Fields that say nothing about the text: taken, and without effect. */
const IGNORED = [
  'metadata',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning_effort',
  'safety_identifier',
  'service_tier',
  'store',
  'user',
  'verbosity',
] as const

/** Reads a request for a chat completion. */
export async function readChat(body: unknown, context: GatewayContext): Promise<ChatRequest> {
  const fields = RequestFields.of(body)
  const offered = await findModel(context, fields.requiredText('model'))
  requireChat(offered)
  const messages = readMessages(fields)
  const isStream = fields.flag('stream') ?? false
  const isUsageWanted = readStreamOptions(fields, isStream)
  const { isLogprobsWanted, topLogprobs } = readLogprobs(fields)
  const tools = readTools({ fields, model: offered, toolsMax: context.settings.toolsMax, isNested: true })
  const content: AskContent = {
    model: offered.model,
    input: { kind: 'messages', messages, tools: tools.tools },
    maxTokens: readMaxTokens(fields),
    sampling: readSampling(fields, topLogprobs),
    stopStrings: readStop(fields),
    choices: fields.integer('n', { min: 1, max: context.settings.choicesMax }) ?? 1,
    grammar: oneGrammar(
      readFormat(fields.fields('response_format'), 'json_schema'),
      tools,
      'response_format',
    ),
  }
  fields.ignore(...IGNORED)
  fields.refuse('modalities', (value) => isList(value, ['text']), 'the models that are served write text')
  fields.refuse('audio', () => false, 'the models that are served write text')
  fields.refuse('functions', (value) => isList(value, []), 'give functions as tools')
  fields.refuse('function_call', () => false, 'give tool_choice')
  fields.refuse('web_search_options', () => false, 'nothing is looked up')
  fields.end()
  return { offered, content, tools, isStream, isUsageWanted, isLogprobsWanted }
}

/** @throws GatewayUnsupportedError if the model has no chat template. */
export function requireChat({ model, hasChat }: OfferedModel): void {
  if (hasChat) return
  throw new GatewayUnsupportedError('model', `${model} has no chat template; use /v1/completions`)
}

/**
 * An answer is held to one grammar: of a format, or of a call that has to be made.
 *
 * @throws GatewayUnsupportedError if a format is asked for while tools may be called: it would exclude their calls.
 */
export function oneGrammar(
  format: AskContent['grammar'],
  tools: ToolPlan,
  param: string,
): AskContent['grammar'] {
  if (format === null) return tools.grammar
  if (!tools.isActive) return format
  throw new GatewayUnsupportedError(
    param,
    'a format excludes calls of tools; give one of the two, or tool_choice none',
  )
}

function readMaxTokens(fields: RequestFields): number | null {
  const bounds = { min: 1, max: SESSION_TOKENS_MAX }
  const older = fields.integer('max_tokens', bounds)
  return fields.integer('max_completion_tokens', bounds) ?? older ?? null
}

function readStreamOptions(fields: RequestFields, isStream: boolean): boolean {
  const options = fields.fields('stream_options')
  if (options === undefined) return false
  if (!isStream) throw new GatewayFieldError('stream_options', 'left away unless stream is true')
  const isUsageWanted = options.flag('include_usage') ?? false
  options.ignore('include_obfuscation')
  options.end()
  return isUsageWanted
}

function readLogprobs(fields: RequestFields): {
  readonly isLogprobsWanted: boolean
  readonly topLogprobs: number
} {
  const isLogprobsWanted = fields.flag('logprobs') ?? false
  const top = fields.integer('top_logprobs', { min: 0, max: TOP_LOGPROBS_MAX })
  if (top !== undefined && !isLogprobsWanted) {
    throw new GatewayFieldError('top_logprobs', 'left away unless logprobs is true')
  }
  return { isLogprobsWanted, topLogprobs: top ?? 0 }
}

function isList(value: unknown, entries: readonly unknown[]): boolean {
  return JSON.stringify(value) === JSON.stringify(entries)
}
