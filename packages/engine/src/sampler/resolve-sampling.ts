import { GrammarSchemaTooLargeError } from '../grammar/grammar-errors.ts'
import { GRAMMAR_SCHEMA_BYTES_MAX } from '../grammar/grammar-limits.ts'
import { SamplingOptionInvalidError } from './sampler-errors.ts'
import {
  LOGIT_BIAS_ENTRIES_MAX,
  LOGIT_BIAS_MAX,
  OCCURRENCE_PENALTY_MAX,
  REPETITION_PENALTY_MAX,
  STOP_TOKENS_MAX,
  TEMPERATURE_MAX,
  TOP_LOGPROBS_MAX,
} from './sampler-limits.ts'
import type { SamplingOptions } from './sampling-options.ts'

/** Sampling options of which some or all are left open; `undefined` means open. */
export type PartialSampling = { readonly [Key in keyof SamplingOptions]?: SamplingOptions[Key] | undefined }

/** Limits of sampling options that a host may change. */
export interface SamplingLimits {
  /** @default LOGIT_BIAS_ENTRIES_MAX */
  readonly logitBiasEntriesMax?: number
  /** @default STOP_TOKENS_MAX */
  readonly stopTokensMax?: number
  /** @default TOP_LOGPROBS_MAX */
  readonly topLogprobsMax?: number
}

/** What {@link resolveSampling} needs beside the options. */
export interface ResolveSamplingInit {
  /** Token ids are checked against it. */
  readonly vocabularySize: number
  /** Used where the options are open, for example what the checkpoint suggests. @default {} */
  readonly defaults?: PartialSampling
  /** @default {} */
  readonly limits?: SamplingLimits
}

/** Used where neither the options nor the given defaults say anything: greedy, nothing changed, nothing reported. */
export const SAMPLING_DEFAULTS: SamplingOptions = Object.freeze({
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: [],
  seed: 0,
  topLogprobs: 0,
  stopTokenIds: [],
  grammar: null,
})

/**
 * Fills in what is open and checks every field, the defaults too.
 *
 * @throws SamplingOptionInvalidError naming the first option that is outside its range; GrammarSchemaTooLargeError.
 */
export function resolveSampling(partial: PartialSampling, init: ResolveSamplingInit): SamplingOptions {
  const { vocabularySize, defaults = {}, limits = {} } = init
  const options: SamplingOptions = fillIn(partial, defaults)
  checkNumber('temperature', options.temperature, { from: 0, to: TEMPERATURE_MAX })
  checkInteger('topK', options.topK, { from: 0, to: Number.MAX_SAFE_INTEGER })
  checkNumber('topP', options.topP, { from: 0, to: 1, isFromExcluded: true })
  checkNumber('minP', options.minP, { from: 0, to: 1 })
  checkNumber('repetitionPenalty', options.repetitionPenalty, {
    from: 0,
    to: REPETITION_PENALTY_MAX,
    isFromExcluded: true,
  })
  const occurrence = { from: -OCCURRENCE_PENALTY_MAX, to: OCCURRENCE_PENALTY_MAX }
  checkNumber('presencePenalty', options.presencePenalty, occurrence)
  checkNumber('frequencyPenalty', options.frequencyPenalty, occurrence)
  checkInteger('seed', options.seed, { from: 0, to: Number.MAX_SAFE_INTEGER })
  checkInteger('topLogprobs', options.topLogprobs, { from: 0, to: limits.topLogprobsMax ?? TOP_LOGPROBS_MAX })
  checkBias(options.logitBias, vocabularySize, limits.logitBiasEntriesMax ?? LOGIT_BIAS_ENTRIES_MAX)
  checkStopTokens(options.stopTokenIds, vocabularySize, limits.stopTokensMax ?? STOP_TOKENS_MAX)
  checkGrammar(options)
  return Object.freeze(options)
}

function fillIn(partial: PartialSampling, defaults: PartialSampling): SamplingOptions {
  const pick = <Key extends keyof SamplingOptions>(key: Key): SamplingOptions[Key] =>
    partial[key] ?? defaults[key] ?? SAMPLING_DEFAULTS[key]
  return {
    temperature: pick('temperature'),
    topK: pick('topK'),
    topP: pick('topP'),
    minP: pick('minP'),
    repetitionPenalty: pick('repetitionPenalty'),
    presencePenalty: pick('presencePenalty'),
    frequencyPenalty: pick('frequencyPenalty'),
    logitBias: pick('logitBias'),
    seed: pick('seed'),
    topLogprobs: pick('topLogprobs'),
    stopTokenIds: pick('stopTokenIds'),
    grammar: pick('grammar'),
  }
}

interface NumberRange {
  readonly from: number
  readonly to: number
  readonly isFromExcluded?: boolean
}

function checkNumber(option: string, value: number, range: NumberRange): void {
  const isAboveFrom = range.isFromExcluded === true ? value > range.from : value >= range.from
  if (typeof value === 'number' && isAboveFrom && value <= range.to) return
  const lower = range.isFromExcluded === true ? `above ${range.from} and at most` : `from ${range.from} to`
  throw new SamplingOptionInvalidError(option, show(value), `a number ${lower} ${range.to}`)
}

function checkInteger(option: string, value: number, range: NumberRange): void {
  if (Number.isSafeInteger(value) && value >= range.from && value <= range.to) return
  throw new SamplingOptionInvalidError(option, show(value), `an integer from ${range.from} to ${range.to}`)
}

function checkBias(bias: SamplingOptions['logitBias'], vocabularySize: number, entriesMax: number): void {
  checkCount('logitBias', bias, entriesMax)
  const seen = new Set<number>()
  for (const [id, value] of bias) {
    checkTokenId('logitBias', id, vocabularySize)
    if (seen.has(id)) {
      throw new SamplingOptionInvalidError('logitBias', `given twice for token ${id}`, 'given once per token')
    }
    seen.add(id)
    const isAllowed = value === -Infinity || (value >= -LOGIT_BIAS_MAX && value <= LOGIT_BIAS_MAX)
    if (typeof value === 'number' && isAllowed) continue
    throw new SamplingOptionInvalidError(
      'logitBias',
      `${show(value)} for token ${id}`,
      `a number from ${-LOGIT_BIAS_MAX} to ${LOGIT_BIAS_MAX}, or -Infinity to ban the token`,
    )
  }
}

function checkStopTokens(ids: readonly number[], vocabularySize: number, entriesMax: number): void {
  checkCount('stopTokenIds', ids, entriesMax)
  for (const id of ids) checkTokenId('stopTokenIds', id, vocabularySize)
}

/** What the schema says is looked into by who samples, who has the vocabulary. */
function checkGrammar({ grammar, stopTokenIds }: SamplingOptions): void {
  if (grammar === null) return
  if (grammar.type === 'json-schema') {
    const bytes = Buffer.byteLength(grammar.schema)
    if (bytes > GRAMMAR_SCHEMA_BYTES_MAX) {
      throw new GrammarSchemaTooLargeError(
        `has ${bytes} bytes`,
        `at most ${GRAMMAR_SCHEMA_BYTES_MAX} are allowed`,
      )
    }
  }
  if (stopTokenIds.length > 0) return
  throw new SamplingOptionInvalidError(
    'stopTokenIds',
    'empty',
    'a list of at least one token when there is a grammar, to end the document',
  )
}

function checkCount(option: string, values: readonly unknown[], entriesMax: number): void {
  if (Array.isArray(values) && values.length <= entriesMax) return
  const given = Array.isArray(values) ? `a list of ${values.length}` : show(values)
  throw new SamplingOptionInvalidError(option, given, `a list of at most ${entriesMax} entries`)
}

function checkTokenId(option: string, id: number, vocabularySize: number): void {
  if (Number.isSafeInteger(id) && id >= 0 && id < vocabularySize) return
  throw new SamplingOptionInvalidError(
    option,
    `for token ${show(id)}`,
    `for token ids of the vocabulary: integers from 0 to ${vocabularySize - 1}`,
  )
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
