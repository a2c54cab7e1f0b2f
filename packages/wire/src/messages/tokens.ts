import type { TraceEntry } from './common.ts'

/** One sampled token. */
export interface WireToken {
  readonly session: string
  /** Position that the token will have in its session. */
  readonly position: number
  readonly id: number
  readonly logprob: number
  /** Best alternatives: pairs of id and log-probability. */
  readonly top: readonly (readonly [number, number])[]
  readonly isStop: boolean
}

/** Scores of consecutive positions of one session. */
export interface WireScores {
  readonly session: string
  /** Position of the first scored row. */
  readonly position: number
  /** Log-probability of the target that follows each row; one less than rows when the text ends there. */
  readonly logprobs: readonly number[]
  /** For each row the best ids and their log-probabilities. */
  readonly topIds: readonly (readonly number[])[]
  readonly topLogprobs: readonly (readonly number[])[]
}

/** Validator to driver: what came out of one frame. */
export interface TokensMessage {
  readonly kind: 'tokens'
  readonly pipeline: string
  readonly epoch: number
  readonly tokens: readonly WireToken[]
  readonly scores: readonly WireScores[]
  readonly trace: readonly TraceEntry[]
}
