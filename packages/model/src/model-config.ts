/** Families of decoder-only transformers that Shardline can run. */
export type ModelFamily = 'llama' | 'mistral' | 'qwen2' | 'qwen3'

/** How rotary frequencies are stretched beyond the length that the model was trained on. */
export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalContextLength: number
    }
  | {
      /** The checkpoint gives the divisor of each frequency itself (GGUF's `rope_freqs.weight`): `headSize / 2` positive numbers. */
      readonly kind: 'factors'
      readonly factors: readonly number[]
    }

/** Rotary position embedding of half-split form: element i is paired with i + headSize / 2. */
export interface RopeConfig {
  /** Base of the frequencies. */
  readonly theta: number
  readonly scaling: RopeScaling
}

/** The shape of a model, the same for every file format and family. */
export interface ModelConfig {
  readonly family: ModelFamily
  readonly layerCount: number
  /** Width of a hidden state. */
  readonly hiddenSize: number
  /** Width inside the feed-forward part. */
  readonly feedForwardSize: number
  /** Query heads. */
  readonly headCount: number
  /** Key and value heads; divides `headCount`. */
  readonly kvHeadCount: number
  /** Width of one head; even. */
  readonly headSize: number
  readonly vocabularySize: number
  /** Longest sequence in tokens. */
  readonly contextLength: number
  /** Epsilon of all RMS norms. */
  readonly normEpsilon: number
  readonly rope: RopeConfig
  /** Whether the q, k and v projections add a bias. */
  readonly hasQkvBias: boolean
  /** Whether the attention output projection adds a bias. */
  readonly hasAttentionOutputBias: boolean
  /** Whether the three feed-forward projections add a bias. */
  readonly hasFeedForwardBias: boolean
  /** Whether q and k are RMS-normed per head before the rotation. */
  readonly hasQkNorm: boolean
  /** Whether the LM head is the embedding matrix. */
  readonly isTied: boolean
  /** Token that starts a sequence, if the model has one. */
  readonly bosTokenId: number | undefined
  /** Tokens that end an answer. */
  readonly eosTokenIds: readonly number[]
}
