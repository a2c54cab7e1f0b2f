import type { Static, TSchema } from '@sinclair/typebox'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { TokenizerInvalidError, TokenizerUnsupportedError } from '../errors.ts'
import { TOKENIZER_MERGES_MAX, TOKENIZER_TOKENS_MAX, TOKEN_CHARACTERS_MAX } from '../limits.ts'

/** One step of a tokenizer (a normalizer, pre-tokenizer, post-processor or decoder), as tokenizer.json writes it. */
export interface TokenizerStep {
  readonly type: string
  readonly [setting: string]: unknown
}

/** A token that is matched in the text before the model sees it. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special: boolean
  readonly single_word?: boolean
  readonly lstrip?: boolean
  readonly rstrip?: boolean
  readonly normalized?: boolean
}

/** The model of byte pair encoding. */
export interface BpeModel {
  readonly type: 'BPE'
  readonly vocab: Readonly<Record<string, number>>
  /** In order of their rank: `'a b'` or `['a', 'b']`. */
  readonly merges: readonly (string | readonly [string, string])[]
  readonly unk_token?: string | null
  readonly fuse_unk?: boolean
  readonly byte_fallback?: boolean
  readonly ignore_merges?: boolean
}

/** The content of a tokenizer.json, in so far as it is supported here. */
export interface TokenizerDefinition {
  readonly added_tokens: readonly AddedToken[]
  readonly normalizer: TokenizerStep | null
  readonly pre_tokenizer: TokenizerStep | null
  readonly post_processor: TokenizerStep | null
  readonly decoder: TokenizerStep
  readonly model: BpeModel
}

const Id = Type.Integer({ minimum: 0, maximum: TOKENIZER_TOKENS_MAX - 1 })
const Flag: TSchema = Type.Optional(Type.Union([Type.Boolean(), Type.Null()]))
const Step: TSchema = Type.Union([Type.Null(), Type.Object({ type: Type.String({ maxLength: 64 }) })])
const Piece = Type.String({ maxLength: TOKEN_CHARACTERS_MAX })

const ADDED_TOKEN = Type.Object({
  id: Id,
  content: Type.String({ minLength: 1, maxLength: TOKEN_CHARACTERS_MAX }),
  special: Type.Boolean(),
  single_word: Flag,
  lstrip: Flag,
  rstrip: Flag,
  normalized: Flag,
})

/** Everything but the vocabulary and the merges, which are too large for a schema and are walked by hand. */
const DEFINITION = Type.Object({
  added_tokens: Type.Optional(Type.Array(ADDED_TOKEN, { maxItems: TOKENIZER_TOKENS_MAX })),
  normalizer: Type.Optional(Step),
  pre_tokenizer: Type.Optional(Step),
  post_processor: Type.Optional(Step),
  decoder: Type.Object({ type: Type.String({ maxLength: 64 }) }),
  model: Type.Object({
    type: Type.Optional(Type.String()),
    vocab: Type.Unknown(),
    merges: Type.Optional(Type.Unknown()),
    unk_token: Type.Optional(Type.Union([Piece, Type.Null()])),
    dropout: Type.Optional(Type.Unknown()),
    continuing_subword_prefix: Type.Optional(Type.Unknown()),
    end_of_word_suffix: Type.Optional(Type.Unknown()),
    fuse_unk: Flag,
    byte_fallback: Flag,
    ignore_merges: Flag,
  }),
})

/**
 * Checks a parsed tokenizer.json.
 *
 * @param where what the value was read from, for messages.
 * @throws TokenizerInvalidError if it is malformed or over a limit; TokenizerUnsupportedError if its model is not BPE.
 */
export function checkDefinition(value: unknown, where: string): TokenizerDefinition {
  if (!Value.Check(DEFINITION, value)) {
    const [first] = Value.Errors(DEFINITION, value)
    throw new TokenizerInvalidError(where, `${first?.path ?? ''} ${first?.message ?? 'is malformed'}`.trim())
  }
  const definition: Static<typeof DEFINITION> = value
  return {
    added_tokens: (definition.added_tokens ?? []) as readonly AddedToken[],
    normalizer: (definition.normalizer ?? null) as TokenizerStep | null,
    pre_tokenizer: (definition.pre_tokenizer ?? null) as TokenizerStep | null,
    post_processor: (definition.post_processor ?? null) as TokenizerStep | null,
    decoder: definition.decoder,
    model: checkModel(definition.model, where),
  }
}

function checkModel(model: Static<typeof DEFINITION>['model'], where: string): BpeModel {
  const type = model.type ?? (model.merges === undefined ? 'unknown' : 'BPE')
  if (type !== 'BPE') throw new TokenizerUnsupportedError('tokenizer model', type, ['BPE'])
  for (const affix of [model.continuing_subword_prefix, model.end_of_word_suffix]) {
    if (typeof affix === 'string' && affix !== '') {
      throw new TokenizerUnsupportedError('affix of subwords', affix, ['none'])
    }
  }
  return {
    type: 'BPE',
    vocab: checkVocabulary(model.vocab, where),
    merges: checkMerges(model.merges, where),
    unk_token: model.unk_token ?? null,
    fuse_unk: model.fuse_unk === true,
    byte_fallback: model.byte_fallback === true,
    ignore_merges: model.ignore_merges === true,
  }
}

function checkVocabulary(value: unknown, where: string): Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenizerInvalidError(where, 'model.vocab is no object')
  }
  const entries = Object.entries(value)
  if (entries.length > TOKENIZER_TOKENS_MAX)
    throw tooMany(where, `${entries.length} tokens`, TOKENIZER_TOKENS_MAX)
  const seen = new Set<number>()
  for (const [token, id] of entries) {
    if (!Value.Check(Id, id))
      throw new TokenizerInvalidError(
        where,
        `${quote(token)} has the id ${String(id)}; ids are integers from 0 to ${TOKENIZER_TOKENS_MAX - 1}`,
      )
    if (token.length > TOKEN_CHARACTERS_MAX)
      throw new TokenizerInvalidError(
        where,
        `token ${id} has ${token.length} characters, over the limit of ${TOKEN_CHARACTERS_MAX}`,
      )
    if (seen.has(id))
      throw new TokenizerInvalidError(where, `the id ${id} belongs to two tokens, one is ${quote(token)}`)
    seen.add(id)
  }
  return value as Readonly<Record<string, number>>
}

function checkMerges(value: unknown, where: string): readonly (string | readonly [string, string])[] {
  if (!Array.isArray(value)) throw new TokenizerInvalidError(where, 'model.merges is no list')
  if (value.length > TOKENIZER_MERGES_MAX)
    throw tooMany(where, `${value.length} merges`, TOKENIZER_MERGES_MAX)
  // A list that mixes both forms would be read by its first entry only.
  const isPairForm = Array.isArray(value[0])
  const isMerge = isPairForm ? isPair : isPairText
  const wrong = value.findIndex((merge) => !isMerge(merge))
  if (wrong !== -1)
    throw new TokenizerInvalidError(where, `merge ${wrong} is ${quote(value[wrong])}; a merge is two parts`)
  return value as readonly (string | readonly [string, string])[]
}

function isPair(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((part) => typeof part === 'string' && part !== '')
  )
}

function isPairText(value: unknown): boolean {
  return (
    typeof value === 'string' && value.length <= 2 * TOKEN_CHARACTERS_MAX + 1 && /^[^ ]+ [^ ]+$/.test(value)
  )
}

function tooMany(where: string, what: string, limit: number): TokenizerInvalidError {
  return new TokenizerInvalidError(where, `it has ${what}, over the limit of ${limit}`)
}

function quote(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 80)
}
