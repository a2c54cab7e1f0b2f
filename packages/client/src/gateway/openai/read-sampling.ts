import type { AskSampling } from '@shardline/wire'
import { ASK_STOP_STRINGS_MAX, SAMPLING_ENTRIES_MAX, VOCABULARY_MAX } from '@shardline/wire'
import type { RequestFields } from '../answer/request-fields.ts'
import { GatewayFieldError } from '../gateway-errors.ts'

const STOP_CHARS_MAX = 1024
const BIAS_MAX = 100
const SEEDS = 2 ** 53
const SEED_MAX = 2 ** 63

/** Reads how tokens are chosen: OpenAI's fields, and `top_k`, `min_p` and `repetition_penalty` as other servers take them. */
export function readSampling(fields: RequestFields, topLogprobs: number): AskSampling {
  return {
    temperature: fields.number('temperature', { min: 0, max: 2 }) ?? null,
    topP: fields.number('top_p', { min: 0, max: 1 }) ?? null,
    topK: fields.integer('top_k', { min: 0, max: VOCABULARY_MAX }) ?? null,
    minP: fields.number('min_p', { min: 0, max: 1 }) ?? null,
    repetitionPenalty: fields.number('repetition_penalty', { min: 0.01, max: 100 }) ?? null,
    presencePenalty: fields.number('presence_penalty', { min: -2, max: 2 }) ?? null,
    frequencyPenalty: fields.number('frequency_penalty', { min: -2, max: 2 }) ?? null,
    logitBias: readLogitBias(fields),
    seed: readSeed(fields.integer('seed', { min: -SEED_MAX, max: SEED_MAX })),
    topLogprobs,
  }
}

/** Reads the texts that end an answer: one or a list. */
export function readStop(fields: RequestFields): readonly string[] {
  const given = fields.value('stop')
  if (given === undefined) return []
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  const texts = list.filter(
    (text): text is string => typeof text === 'string' && text !== '' && text.length <= STOP_CHARS_MAX,
  )
  if (texts.length === list.length && list.length <= ASK_STOP_STRINGS_MAX) return texts
  throw new GatewayFieldError(
    fields.path('stop'),
    `a string or a list of at most ${ASK_STOP_STRINGS_MAX} strings, each of 1 to ${STOP_CHARS_MAX} characters`,
  )
}

/** A seed of the sampler is a whole number from 0 below 2^53; others are taken modulo that. */
export function readSeed(given: number | undefined): number | null {
  if (given === undefined) return null
  const rest = given % SEEDS
  return rest < 0 ? rest + SEEDS : rest
}

function readLogitBias(fields: RequestFields): AskSampling['logitBias'] {
  const given = fields.value('logit_bias')
  if (given === undefined) return []
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  const entries: readonly [string, unknown][] = isObject ? Object.entries(given) : []
  const isValid = entries.every(
    ([id, bias]) =>
      /^\d{1,8}$/.test(id) &&
      Number(id) < VOCABULARY_MAX &&
      typeof bias === 'number' &&
      Math.abs(bias) <= BIAS_MAX,
  )
  if (isObject && isValid && entries.length <= SAMPLING_ENTRIES_MAX) {
    return entries.map(([id, bias]) => [Number(id), Number(bias)] as const)
  }
  throw new GatewayFieldError(
    fields.path('logit_bias'),
    `an object from token ids to numbers from -${BIAS_MAX} to ${BIAS_MAX}, with at most ${SAMPLING_ENTRIES_MAX} entries`,
  )
}
