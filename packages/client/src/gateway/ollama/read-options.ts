import type { AskGrammar, AskSampling } from '@shardline/wire'
import { SESSION_TOKENS_MAX, VOCABULARY_MAX } from '@shardline/wire'
import { RequestFields } from '../answer/request-fields.ts'
import { schemaText } from '../openai/read-format.ts'
import { readSeed, readStop } from '../openai/read-sampling.ts'

/** What Ollama's `options` say of an answer. */
export interface OllamaOptions {
  readonly maxTokens: number | null
  readonly sampling: AskSampling
  readonly stopStrings: readonly string[]
}

/** Reads `options`. Those that are about how a model is loaded have no effect; neither have unknown ones, as with Ollama. */
export function readOptions(body: RequestFields): OllamaOptions {
  const options = body.fields('options') ?? RequestFields.of({})
  const tokens = options.integer('num_predict', { min: -2, max: SESSION_TOKENS_MAX }) ?? -1
  return {
    maxTokens: tokens > 0 ? tokens : null,
    sampling: {
      temperature: options.number('temperature', { min: 0, max: 1000 }) ?? null,
      topK: options.integer('top_k', { min: 0, max: VOCABULARY_MAX }) ?? null,
      topP: options.number('top_p', { min: 0, max: 1 }) ?? null,
      minP: options.number('min_p', { min: 0, max: 1 }) ?? null,
      repetitionPenalty: options.number('repeat_penalty', { min: 0.01, max: 100 }) ?? null,
      presencePenalty: options.number('presence_penalty', { min: -2, max: 2 }) ?? null,
      frequencyPenalty: options.number('frequency_penalty', { min: -2, max: 2 }) ?? null,
      logitBias: [],
      seed: readSeed(options.integer('seed', { min: -(2 ** 63), max: 2 ** 63 })),
      topLogprobs: 0,
    },
    stopStrings: readStop(options),
  }
}

/** Reads `format`: `json`, or a JSON schema. */
export function readOllamaFormat(body: RequestFields): AskGrammar | null {
  const format = body.value('format')
  if (format === undefined || format === '') return null
  if (format === 'json') return { type: 'json-object' }
  return { type: 'json-schema', schema: schemaText(format, 'format') }
}
