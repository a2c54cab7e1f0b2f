import { TokenizerUnsupportedError } from '../errors.ts'
import { BYTE_LEVEL_STEP, GPT2_PATTERN, splitStep } from './exact-pre-tokenizer.ts'
import type { TokenizerStep } from './tokenizer-definition.ts'

/** What a name in `tokenizer.ggml.pre` stands for. */
export interface NamedPreTokenizer {
  readonly normalizer: TokenizerStep | null
  /** Patterns that cut one after the other, each the pieces of the one before it. */
  readonly patterns: readonly string[]
  /** Whether a whole word that is in the vocabulary is taken without merging. */
  readonly ignoresMerges: boolean
  /** Whether texts start with BOS if the header doesn't say. */
  readonly isBosAdded: boolean
}

const CONTRACTIONS = String.raw`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`

const PLAIN = { normalizer: null, ignoresMerges: false, isBosAdded: false } as const

/** Words with an optional character before them, numbers as `digits` says, punctuation with its line breaks, white space. */
function wordsPattern(digits: string): string {
  return String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
}

const LLAMA3: NamedPreTokenizer = {
  ...PLAIN,
  patterns: [wordsPattern(String.raw`\p{N}{1,3}`)],
  ignoresMerges: true,
  isBosAdded: true,
}

const NAMED: ReadonlyMap<string, NamedPreTokenizer> = new Map<string, NamedPreTokenizer>([
  ['gpt-2', { ...PLAIN, patterns: [GPT2_PATTERN] }],
  // What the format's reference reader does with files that were written before the names came.
  [
    'default',
    {
      ...PLAIN,
      patterns: [String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2_PATTERN, String.raw`\p{N}+`, '[0-9][0-9][0-9]'],
    },
  ],
  ['smollm', { ...PLAIN, patterns: [String.raw`\p{N}`, GPT2_PATTERN] }],
  ['llama-bpe', LLAMA3],
  ['llama3', LLAMA3],
  ['llama-v3', LLAMA3],
  ['qwen2', { ...PLAIN, normalizer: { type: 'NFC' }, patterns: [wordsPattern(String.raw`\p{N}`)] }],
])

/**
 * The pre-tokenizer of that name.
 *
 * @throws TokenizerUnsupportedError that lists the known names.
 */
export function namedPreTokenizer(name: string): NamedPreTokenizer {
  const known = NAMED.get(name)
  if (known === undefined)
    throw new TokenizerUnsupportedError('pre-tokenizer tokenizer.ggml.pre', name, [...NAMED.keys()])
  return known
}

/** The pre-tokenizer as tokenizer.json writes it. */
export function preTokenizerStep(named: NamedPreTokenizer): TokenizerStep {
  return {
    type: 'Sequence',
    pretokenizers: [...named.patterns.map((pattern) => splitStep(pattern)), BYTE_LEVEL_STEP],
  }
}
