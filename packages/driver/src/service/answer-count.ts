import type { Answer } from '../driver-types.ts'
import type { PaidTokens } from './paid/ask-market.ts'

/** How far an answer has come. */
export interface AnswerProgress {
  readonly delivered: PaidTokens
  /** Of each choice that has begun and is proven: its session's name now, and its tokens. */
  readonly sessions: readonly { readonly id: string; readonly tokens: number }[]
}

interface Begun {
  readonly answer: Pick<Answer, 'session'>
  tokens: number
}

/** Counts the tokens of an answer's choices while they come. */
export class AnswerCount {
  readonly #promptTokens: number
  readonly #begun: Begun[] = []

  constructor(promptTokens: number) {
    this.#promptTokens = promptTokens
  }

  get progress(): AnswerProgress {
    const sessions = this.#begun.flatMap(({ answer: { session: id }, tokens }) =>
      id === undefined || tokens === 0 ? [] : [{ id, tokens }],
    )
    const output = this.#begun.reduce((sum, { tokens }) => sum + tokens, 0)
    return { delivered: { prompt: this.#promptTokens, output }, sessions }
  }

  /** A choice begins; what it gives back counts a token of it. */
  begin(answer: Pick<Answer, 'session'>): () => void {
    const begun: Begun = { answer, tokens: 0 }
    this.#begun.push(begun)
    return () => {
      begun.tokens += 1
    }
  }
}
