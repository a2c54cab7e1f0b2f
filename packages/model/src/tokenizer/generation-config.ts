import { JsonInvalidError } from '../errors.ts'

/** What generation_config.json suggests. */
export interface GenerationConfig {
  /** Sampling that suits the model; 0 is greedy. */
  readonly suggestedSampling: {
    readonly temperature: number | undefined
    readonly topP: number | undefined
    readonly maxTokens: number | undefined
  }
  /** Token that starts a sequence. */
  readonly bosTokenId: number | undefined
  /** Tokens that end an answer; empty if the file names none. */
  readonly eosTokenIds: readonly number[]
}

/**
 * Reads generation_config.json. Values that make no sense are left out: they are only suggestions.
 *
 * @param text the file, or undefined if there is none.
 * @throws JsonInvalidError if it is no JSON object.
 */
export function readGenerationConfig(text: string | undefined): GenerationConfig {
  const config = text === undefined ? {} : parseObject(text)
  const isGreedy = config['do_sample'] === false
  return {
    suggestedSampling: {
      temperature: isGreedy ? 0 : numberWithin(config['temperature'], 0, 100),
      topP: isGreedy ? undefined : numberWithin(config['top_p'], 0, 1),
      maxTokens: wholeNumber(config['max_new_tokens']),
    },
    bosTokenId: wholeNumber(config['bos_token_id']),
    eosTokenIds: wholeNumbers(config['eos_token_id']),
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new JsonInvalidError('generation_config.json', 'it is no JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new JsonInvalidError('generation_config.json', 'it is no object')
  return value as Record<string, unknown>
}

function numberWithin(value: unknown, lowest: number, highest: number): number | undefined {
  return typeof value === 'number' && value >= lowest && value <= highest ? value : undefined
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function wholeNumbers(value: unknown): readonly number[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.map((entry) => wholeNumber(entry)).filter((entry) => entry !== undefined)
}
