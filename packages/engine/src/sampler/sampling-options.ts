import type { GrammarSpec } from '../grammar/grammar-spec.ts'

/** How the next token is chosen. Every field is set: defaults are resolved before. */
export interface SamplingOptions {
  /** 0 is greedy: the highest logit, ties to the lowest id. */
  readonly temperature: number
  /** Keep the k best; 0 keeps all. */
  readonly topK: number
  /** Keep the smallest set whose probability reaches this; 1 keeps all. */
  readonly topP: number
  /** Drop tokens below this times the best probability; 0 keeps all. */
  readonly minP: number
  /** Divides positive and multiplies negative logits of tokens already generated; 1 is off. */
  readonly repetitionPenalty: number
  /** Subtracted once from the logit of each token already generated; 0 is off. */
  readonly presencePenalty: number
  /** Subtracted per occurrence from the logit of each token already generated; 0 is off. */
  readonly frequencyPenalty: number
  /** Added to single logits: pairs of token id and bias. */
  readonly logitBias: readonly (readonly [number, number])[]
  /** Seed of this session's random stream: an integer from 0 to 2^53 - 1. */
  readonly seed: number
  /** Best log-probabilities to report per token; 0 reports none. */
  readonly topLogprobs: number
  /** Tokens that end the answer. */
  readonly stopTokenIds: readonly number[]
  /** What the answer has to be: only tokens that keep it so are chosen. Null lets it be any text. */
  readonly grammar: GrammarSpec | null
}

/** One chosen token. */
export interface SampledToken {
  readonly id: number
  /** Natural log of the token's probability under the unmodified logits (temperature 1, no penalties). */
  readonly logprob: number
  /** The best alternatives under the unmodified logits, best first, ties to the lowest id; pairs of id and log-probability. */
  readonly top: readonly (readonly [number, number])[]
  /** Whether `id` is one of the stop tokens. */
  readonly isStop: boolean
}

/** Chooses the tokens of one session: canonical, so that the same logits and seed give the same tokens on every machine. */
export interface Sampler {
  /**
   * Chooses from logits `[vocabularySize]`, which are left as they are, and remembers the choice for the penalties.
   *
   * @throws LogitsSizeError, LogitsNotANumberError, TokensAllBannedError.
   */
  next(logits: Float32Array): SampledToken
  /**
   * Brings a new sampler to where another one of the same options was after it chose these tokens, so that it goes on alike.
   *
   * @throws TokenIdOutOfRangeError.
   */
  replay(tokenIds: readonly number[]): void
}
