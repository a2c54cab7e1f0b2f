import { TokenizerInvalidError, TokenizerMissingError } from '../errors.ts'
import type { GgufMetadata, GgufValue } from '../gguf/metadata.ts'
import { TOKENIZER_MERGES_MAX, TOKENIZER_TOKENS_MAX, TOKEN_CHARACTERS_MAX } from '../limits.ts'

/** What a GGUF header says about its tokens, for messages. */
export const GGUF_WHERE = 'the GGUF header'

/** Kinds of tokens in `tokenizer.ggml.token_type` that matter here; 5 is unused, 6 is a byte. */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4 } as const

/** The vocabulary in a GGUF header, checked. */
export interface GgufVocabulary {
  readonly tokens: readonly string[]
  /** Kind of each token. */
  readonly types: readonly number[]
  readonly bosTokenId: number | undefined
  readonly eosTokenId: number | undefined
  readonly unknownTokenId: number | undefined
}

/**
 * Reads and checks tokens, their kinds and the special ids.
 *
 * @throws TokenizerMissingError without tokens; TokenizerInvalidError for wrong types, counts, ids or duplicates.
 */
export function readGgufVocabulary(metadata: GgufMetadata): GgufVocabulary {
  const tokens = readTokens(metadata)
  return {
    tokens,
    types: readTypes(metadata, tokens.length),
    bosTokenId: readGgufTokenId(metadata, 'tokenizer.ggml.bos_token_id', tokens.length),
    eosTokenId: readGgufTokenId(metadata, 'tokenizer.ggml.eos_token_id', tokens.length),
    unknownTokenId: readGgufTokenId(metadata, 'tokenizer.ggml.unknown_token_id', tokens.length),
  }
}

/** `tokenizer.ggml.merges`: texts of two parts with a space between them. @throws TokenizerInvalidError. */
export function readGgufMerges(metadata: GgufMetadata): readonly string[] {
  const merges = listOf(metadata, 'tokenizer.ggml.merges', TOKENIZER_MERGES_MAX)
  if (merges === undefined) throw invalid('tokenizer.ggml.merges is missing')
  return merges.map((merge, at) => {
    if (typeof merge !== 'string') throw invalid(`tokenizer.ggml.merges[${at}] is no text`)
    return merge
  })
}

/** `tokenizer.ggml.scores`: a finite number for each token. @throws TokenizerInvalidError. */
export function readGgufScores(metadata: GgufMetadata, tokenCount: number): readonly number[] {
  return readNumbers(metadata, 'tokenizer.ggml.scores', tokenCount)
}

/** A yes-or-no setting, or `otherwise` if it isn't there. @throws TokenizerInvalidError if it is something else. */
export function readGgufFlag(metadata: GgufMetadata, key: string, otherwise: boolean): boolean {
  const value = metadata.get(key)
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw invalid(`${key} is no boolean`)
  return value
}

/** Text of the token that `key` names, or undefined if there is none. */
export function ggufTokenText(metadata: GgufMetadata, key: string): string | undefined {
  const tokens = metadata.get('tokenizer.ggml.tokens')
  const id = metadata.get(key)
  if (!Array.isArray(tokens) || typeof id !== 'number') return undefined
  const token: GgufValue | undefined = (tokens as readonly GgufValue[])[id]
  return typeof token === 'string' ? token : undefined
}

function readTokens(metadata: GgufMetadata): readonly string[] {
  const values = listOf(metadata, 'tokenizer.ggml.tokens', TOKENIZER_TOKENS_MAX)
  if (values === undefined || values.length === 0)
    throw new TokenizerMissingError(GGUF_WHERE, 'tokenizer.ggml.tokens')
  const seen = new Map<string, number>()
  return values.map((token, id) => {
    if (typeof token !== 'string') throw invalid(`tokenizer.ggml.tokens[${id}] is no text`)
    if (token.length > TOKEN_CHARACTERS_MAX)
      throw invalid(`token ${id} has ${token.length} characters, over the limit of ${TOKEN_CHARACTERS_MAX}`)
    const twin = seen.get(token)
    if (twin !== undefined)
      throw invalid(`tokens ${twin} and ${id} are both ${JSON.stringify(token.slice(0, 80))}`)
    seen.set(token, id)
    return token
  })
}

/** Without the list, all tokens are normal. */
function readTypes(metadata: GgufMetadata, tokenCount: number): readonly number[] {
  const key = 'tokenizer.ggml.token_type'
  if (!metadata.has(key)) return Array.from({ length: tokenCount }, () => TOKEN_TYPE.normal)
  return readNumbers(metadata, key, tokenCount)
}

function readNumbers(metadata: GgufMetadata, key: string, count: number): readonly number[] {
  const values = listOf(metadata, key, TOKENIZER_TOKENS_MAX)
  if (values === undefined) throw invalid(`${key} is missing`)
  if (values.length !== count) throw invalid(`${key} has ${values.length} entries for ${count} tokens`)
  return values.map((value, at) => {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw invalid(`${key}[${at}] is no finite number`)
    return value
  })
}

function readGgufTokenId(metadata: GgufMetadata, key: string, tokenCount: number): number | undefined {
  const id = metadata.get(key)
  if (id === undefined) return undefined
  // Converters write 2^32 - 1 for "there is none".
  if (id === 0xff_ff_ff_ff) return undefined
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= tokenCount) {
    throw invalid(`${key} is ${String(id).slice(0, 40)}; ids go from 0 to ${tokenCount - 1}`)
  }
  return id
}

function listOf(metadata: GgufMetadata, key: string, entriesMax: number): readonly GgufValue[] | undefined {
  const value = metadata.get(key)
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw invalid(`${key} is no list`)
  const list = value as readonly GgufValue[]
  if (list.length > entriesMax)
    throw invalid(`${key} has ${list.length} entries, over the limit of ${entriesMax}`)
  return list
}

function invalid(why: string): TokenizerInvalidError {
  return new TokenizerInvalidError(GGUF_WHERE, why)
}
