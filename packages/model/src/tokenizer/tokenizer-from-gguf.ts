import { TokenizerInvalidError, TokenizerMissingError, TokenizerUnsupportedError } from '../errors.ts'
import type { GgufMetadata } from '../gguf/metadata.ts'
import type { Tokenizer } from '../tokenizer.ts'
import type { TokenizerOptions } from './checkpoint-tokenizer.ts'
import { CheckpointTokenizer } from './checkpoint-tokenizer.ts'
import type { GgufVocabulary } from './gguf-vocabulary.ts'
import {
  GGUF_WHERE,
  TOKEN_TYPE,
  readGgufFlag,
  readGgufMerges,
  readGgufScores,
  readGgufVocabulary,
} from './gguf-vocabulary.ts'
import { namedPreTokenizer, preTokenizerStep } from './named-pre-tokenizers.ts'
import { SPACE_MARK } from './piece-decoder.ts'
import { sentencePieceMerges } from './sentence-piece-merges.ts'
import type { AddedToken, TokenizerDefinition, TokenizerStep } from './tokenizer-definition.ts'
import { checkDefinition } from './tokenizer-definition.ts'

/**
 * The tokenizer inside a GGUF header (`tokenizer.ggml.*`), rebuilt in the form of a tokenizer.json:
 * model `gpt2` is byte-level BPE with a pre-tokenizer by name, model `llama` is SentencePiece's BPE with scores and byte tokens.
 *
 * @throws TokenizerMissingError without a tokenizer; TokenizerUnsupportedError for an unknown model or pre-tokenizer name;
 * TokenizerInvalidError for wrong types, counts, ids or duplicates.
 */
export function tokenizerFromGguf(metadata: GgufMetadata, options: TokenizerOptions = {}): Tokenizer {
  const definition = checkDefinition(definitionFromGguf(metadata), GGUF_WHERE)
  return new CheckpointTokenizer({ ...options, where: GGUF_WHERE, definition, bosTokenId: undefined })
}

function definitionFromGguf(metadata: GgufMetadata): TokenizerDefinition {
  const model = metadata.get('tokenizer.ggml.model')
  if (model === undefined) throw new TokenizerMissingError(GGUF_WHERE, 'tokenizer.ggml.model')
  if (model === 'gpt2') return byteLevelDefinition(metadata)
  if (model === 'llama') return sentencePieceDefinition(metadata)
  throw new TokenizerUnsupportedError('tokenizer model tokenizer.ggml.model', String(model), [
    'gpt2',
    'llama',
  ])
}

function byteLevelDefinition(metadata: GgufMetadata): TokenizerDefinition {
  const name = metadata.get('tokenizer.ggml.pre')
  const named = namedPreTokenizer(typeof name === 'string' ? name : '')
  const vocabulary = readGgufVocabulary(metadata)
  const vocab = vocabOf(vocabulary)
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer: named.normalizer,
    pre_tokenizer: preTokenizerStep(named),
    post_processor: postProcessor(metadata, vocabulary, named.isBosAdded),
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      vocab,
      merges: knownMerges(readGgufMerges(metadata), vocab),
      ignore_merges: named.ignoresMerges,
    },
  }
}

function sentencePieceDefinition(metadata: GgufMetadata): TokenizerDefinition {
  const vocabulary = readGgufVocabulary(metadata)
  const { tokens, types, unknownTokenId } = vocabulary
  const scores = readGgufScores(metadata, tokens.length)
  const pieces = tokens
    .map((piece, id) => ({ piece, score: scores[id] ?? 0 }))
    .filter((_, id) => types[id] === TOKEN_TYPE.normal)
  const isSpacePrepended = readGgufFlag(metadata, 'tokenizer.ggml.add_space_prefix', true)
  const mark: TokenizerStep = { type: 'Replace', pattern: { String: ' ' }, content: SPACE_MARK }
  const prepend: TokenizerStep = { type: 'Prepend', prepend: SPACE_MARK }
  const unmark: TokenizerStep = { type: 'Replace', pattern: { String: SPACE_MARK }, content: ' ' }
  const strip: TokenizerStep = { type: 'Strip', content: ' ', start: isSpacePrepended ? 1 : 0, stop: 0 }
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer: isSpacePrepended ? { type: 'Sequence', normalizers: [prepend, mark] } : mark,
    pre_tokenizer: null,
    post_processor: postProcessor(metadata, vocabulary, true),
    decoder: { type: 'Sequence', decoders: [unmark, { type: 'ByteFallback' }, { type: 'Fuse' }, strip] },
    model: {
      type: 'BPE',
      vocab: vocabOf(vocabulary),
      merges: sentencePieceMerges(pieces),
      unk_token: unknownTokenId === undefined ? null : (tokens[unknownTokenId] ?? null),
      fuse_unk: true,
      byte_fallback: true,
    },
  }
}

/** Without a prototype, so that a token called `__proto__` is a token. */
function vocabOf(vocabulary: GgufVocabulary): Readonly<Record<string, number>> {
  const vocab = Object.create(null) as Record<string, number>
  for (const [id, token] of vocabulary.tokens.entries()) vocab[token] = id
  return vocab
}

/** Control tokens and the unknown token are no text; user-defined ones are, but are matched before everything else too. */
function addedTokens(vocabulary: GgufVocabulary): readonly AddedToken[] {
  const isAdded = (type: number | undefined): boolean =>
    type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown || type === TOKEN_TYPE.userDefined
  return vocabulary.tokens
    .map((content, id) => ({ content, id, type: vocabulary.types[id] }))
    .filter(({ content, type }) => isAdded(type) && content !== '')
    .map(({ content, id, type }) => ({
      content,
      id,
      special: type !== TOKEN_TYPE.userDefined,
      normalized: false,
    }))
}

/** The step that puts BOS before a text and EOS behind it, where the header asks for it. */
function postProcessor(
  metadata: GgufMetadata,
  vocabulary: GgufVocabulary,
  isBosDefault: boolean,
): TokenizerStep | null {
  const isBosAdded = readGgufFlag(
    metadata,
    'tokenizer.ggml.add_bos_token',
    isBosDefault && vocabulary.bosTokenId !== undefined,
  )
  const isEosAdded = readGgufFlag(metadata, 'tokenizer.ggml.add_eos_token', false)
  if (!isBosAdded && !isEosAdded) return null
  const special = (key: string, id: number | undefined): TokenizerTemplateItem => {
    const token = id === undefined ? undefined : vocabulary.tokens[id]
    if (token === undefined)
      throw new TokenizerInvalidError(GGUF_WHERE, `it asks for a token around texts but has no ${key}`)
    return { SpecialToken: { id: token, type_id: 0 } }
  }
  const single: TokenizerTemplateItem[] = [{ Sequence: { id: 'A', type_id: 0 } }]
  if (isBosAdded) single.unshift(special('tokenizer.ggml.bos_token_id', vocabulary.bosTokenId))
  if (isEosAdded) single.push(special('tokenizer.ggml.eos_token_id', vocabulary.eosTokenId))
  return { type: 'TemplateProcessing', single, pair: single, special_tokens: {} }
}

type TokenizerTemplateItem =
  | { readonly Sequence: { readonly id: 'A'; readonly type_id: 0 } }
  | { readonly SpecialToken: { readonly id: string; readonly type_id: 0 } }

/** A rule whose parts or result the vocabulary lacks would produce a token without an id. */
function knownMerges(merges: readonly string[], vocab: Readonly<Record<string, number>>): readonly string[] {
  for (const [at, merge] of merges.entries()) {
    const [left = '', right = ''] = merge.split(' ')
    const unknown = [left, right, left + right].find((part) => !(part in vocab))
    if (unknown !== undefined) {
      throw new TokenizerInvalidError(
        GGUF_WHERE,
        `tokenizer.ggml.merges[${at}] needs ${JSON.stringify(unknown.slice(0, 80))}, which is no token`,
      )
    }
  }
  return merges
}
