import type { RequestId } from './common.ts'

/** How the validator chooses tokens; the same fields as the engine's SamplingOptions. */
export interface WireSampling {
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  readonly minP: number
  readonly repetitionPenalty: number
  readonly presencePenalty: number
  readonly frequencyPenalty: number
  readonly logitBias: readonly (readonly [number, number])[]
  readonly seed: number
  readonly topLogprobs: number
  readonly stopTokenIds: readonly number[]
}

/** Driver to validator, before the session's first hidden rows: what to do with them. Answered by `session-opened`. */
export interface SessionOpenMessage {
  readonly kind: 'session-open'
  readonly request: RequestId
  readonly pipeline: string
  readonly session: string
  readonly sampling: WireSampling
  /**
   * For `score`: the token that follows each position, so that its log-probability can be reported.
   * Null for generation: a validator is then given no token of the prompt.
   */
  readonly score: { readonly targets: readonly number[]; readonly top: number } | null
  /** Whether to hash all logits rows of the session. */
  readonly isDigestWanted: boolean
}
