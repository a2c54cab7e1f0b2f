import type { AskContent, AskInput } from '@shardline/wire'
import { SESSION_TOKENS_MAX, VOCABULARY_MAX } from '@shardline/wire'
import type { OfferedModel } from '../../answer-source.ts'
import { findModel } from '../answer/find-model.ts'
import { RequestFields } from '../answer/request-fields.ts'
import { GatewayFieldError } from '../gateway-errors.ts'
import type { GatewayContext } from '../http/app.ts'
import { readSampling, readStop } from './read-sampling.ts'

/** As OpenAI's API has it. */
const TOKENS_DEFAULT = 16
const LOGPROBS_MAX = 20

/** A request for a completion, understood. */
export interface CompletionRequest {
  readonly offered: OfferedModel
  /** One for each prompt, all else the same. */
  readonly contents: readonly AskContent[]
  /** Texts that stand before the answers to each prompt. */
  readonly echoes: readonly string[]
  /** Answers to each prompt. */
  readonly choicesEach: number
  readonly isStream: boolean
  readonly isUsageWanted: boolean
  readonly isLogprobsWanted: boolean
}

/** Reads a request for a completion: a text, or token ids, or a list of them. */
export async function readCompletion(body: unknown, context: GatewayContext): Promise<CompletionRequest> {
  const fields = RequestFields.of(body)
  const offered = await findModel(context, fields.requiredText('model'))
  const inputs = readPrompts(fields, context.settings.promptsMax)
  const isStream = fields.flag('stream') ?? false
  const options = fields.fields('stream_options')
  if (options !== undefined && !isStream) {
    throw new GatewayFieldError('stream_options', 'left away unless stream is true')
  }
  const isUsageWanted = options?.flag('include_usage') ?? false
  options?.ignore('include_obfuscation')
  options?.end()
  const choicesEach = fields.integer('n', { min: 1, max: context.settings.choicesMax }) ?? 1
  const topLogprobs = fields.integer('logprobs', { min: 0, max: LOGPROBS_MAX })
  const isEcho = fields.flag('echo') ?? false
  const common = {
    model: offered.model,
    maxTokens: fields.integer('max_tokens', { min: 1, max: SESSION_TOKENS_MAX }) ?? TOKENS_DEFAULT,
    sampling: readSampling(fields, topLogprobs ?? 0),
    stopStrings: readStop(fields),
    choices: choicesEach,
    grammar: null,
  }
  fields.ignore('user', 'metadata', 'store')
  fields.refuse('suffix', (value) => value === '', 'texts are continued at their end only')
  fields.refuse('best_of', (value) => value === choicesEach, 'all answers are given; choose among them')
  if (isEcho && topLogprobs !== undefined) fields.refuse('echo', () => false, 'prompts are not scored')
  fields.end()
  const contents = inputs.map((input): AskContent => ({ ...common, input }))
  const echoes = inputs.map((input) => (isEcho ? echoOf(input) : ''))
  const isLogprobsWanted = topLogprobs !== undefined
  return { offered, contents, echoes, choicesEach, isStream, isUsageWanted, isLogprobsWanted }
}

function readPrompts(fields: RequestFields, promptsMax: number): readonly AskInput[] {
  const given = fields.value('prompt')
  const ids = idsOf(given)
  const list: readonly unknown[] = Array.isArray(given) && ids === undefined ? given : [given]
  const inputs = list.map((prompt) => inputOf(prompt))
  const known = inputs.filter((input) => input !== undefined)
  if (known.length === list.length && known.length >= 1 && known.length <= promptsMax) return known
  throw new GatewayFieldError(
    fields.path('prompt'),
    `a string, a list of token ids, or a list of 1 to ${promptsMax} of them`,
  )
}

function inputOf(prompt: unknown): AskInput | undefined {
  if (typeof prompt === 'string') return { kind: 'text', text: prompt }
  const ids = idsOf(prompt)
  return ids === undefined ? undefined : { kind: 'ids', ids }
}

function idsOf(value: unknown): readonly number[] | undefined {
  const isIds =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= SESSION_TOKENS_MAX &&
    value.every((id) => Number.isInteger(id) && id >= 0 && id < VOCABULARY_MAX)
  return isIds ? (value as readonly number[]) : undefined
}

function echoOf(input: AskInput): string {
  if (input.kind === 'text') return input.text
  throw new GatewayFieldError('echo', 'false where the prompt is a list of token ids')
}
