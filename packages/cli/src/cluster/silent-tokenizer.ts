import type { Tokenizer } from '@shardline/model'

/** Stands in for the tokenizer of a model that has none: answers are token ids alone, their text is empty. */
export function silentTokenizer(vocabularySize: number): Tokenizer {
  return {
    vocabularySize,
    specialTokenIds: new Set(),
    encode: () => [],
    decode: () => '',
    tokenBytes: () => undefined,
    stream: () => ({ push: () => '', end: () => '' }),
  }
}
