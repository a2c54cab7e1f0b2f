import type { AnswerToken } from '@shardline/wire'
import { jsonLogprob, tokenText } from '../answer/token-text.ts'

/** Log-probabilities as completions give them. */
export interface CompletionLogprobs {
  readonly tokens: readonly string[]
  readonly token_logprobs: readonly number[]
  readonly top_logprobs: readonly Readonly<Record<string, number>>[]
  /** Where each token begins in the text, in UTF-16 units. */
  readonly text_offset: readonly number[]
}

/** Log-probabilities of tokens whose text begins at `offset`. */
export function completionLogprobs(tokens: readonly AnswerToken[], offset: number): CompletionLogprobs {
  let at = offset
  const text_offset = tokens.map(({ bytes }) => {
    const begin = at
    at += tokenLength(bytes)
    return begin
  })
  return {
    tokens: tokens.map(({ bytes }) => tokenText(bytes)),
    token_logprobs: tokens.map(({ logprob }) => jsonLogprob(logprob)),
    top_logprobs: tokens.map(({ top }) =>
      Object.fromEntries(top.map(({ bytes, logprob }) => [tokenText(bytes), jsonLogprob(logprob)])),
    ),
    text_offset,
  }
}

/** UTF-16 units that the bytes of a token add: a character counts where its first byte is. */
export function tokenLength(hex: string): number {
  let units = 0
  for (const byte of Buffer.from(hex, 'hex')) {
    if (byte >= 0xf0) units += 2
    else if (byte < 0x80 || byte >= 0xc0) units += 1
  }
  return units
}
