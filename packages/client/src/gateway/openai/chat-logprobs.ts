import type { AnswerToken } from '@shardline/wire'
import { jsonLogprob, tokenBytes, tokenText } from '../answer/token-text.ts'

/** Log-probability of one token in OpenAI's form. */
export interface TokenLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[]
}

/** A chosen token, with the best alternatives at its place. */
export interface ChosenLogprob extends TokenLogprob {
  readonly top_logprobs: readonly TokenLogprob[]
}

/** Log-probabilities of tokens as chats and responses give them. */
export function chosenLogprobs(tokens: readonly AnswerToken[]): readonly ChosenLogprob[] {
  return tokens.map((token) => ({ ...tokenLogprob(token), top_logprobs: token.top.map(tokenLogprob) }))
}

function tokenLogprob({ bytes, logprob }: Pick<AnswerToken, 'bytes' | 'logprob'>): TokenLogprob {
  return { token: tokenText(bytes), logprob: jsonLogprob(logprob), bytes: tokenBytes(bytes) }
}
