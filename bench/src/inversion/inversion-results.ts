import type { Machine } from '../machine.ts'
import type { InversionBenchOptions } from './inversion-bench-options.ts'

/** Where the true row came among all rows of the embedding table. */
export interface RankShares {
  /** Share of positions whose true token is the nearest row. */
  readonly top1: number
  /** Share of positions whose true token is among the ten nearest rows. */
  readonly top10: number
}

/** What can be read from the hidden states at one cut. */
export interface CutSample {
  readonly model: string
  /** Layers that the states went through; 0 is what the first worker is given, all of them what the validator is given. */
  readonly cut: number
  /** Nearest embedding row by cosine, nothing learnt. */
  readonly nearest: RankShares
  /** Nearest row after the linear map. */
  readonly linear: RankShares
  /** As `linear`, of the test tokens alone that the training text doesn't have. */
  readonly linearUnseen: RankShares
}

/** A prompt that was rebuilt token by token at one cut. */
export interface MatchSample {
  readonly model: string
  readonly cut: number
  readonly tokens: number
  /** Tokens that were rebuilt right. */
  readonly right: number
  /** Tokens whose states came out byte for byte the same. */
  readonly equal: number
  /** Candidates that were run in all. */
  readonly candidates: number
  /** Candidates that the hardest position took. */
  readonly candidatesMost: number
  /** Least distance of a wrong candidate's state, relative to the length of the observed state. */
  readonly wrongDistance: number
  readonly text: string
}

/** What a model was measured on. */
export interface ModelNote {
  readonly model: string
  readonly layers: number
  readonly hiddenSize: number
  readonly vocabularySize: number
  readonly trainTokens: number
  readonly testTokens: number
  /** Test tokens that the training text doesn't have. */
  readonly unseenTokens: number
  readonly prompt: string
  /** Tokens that the model's chat template writes before the prompt. */
  readonly knownTokens: number
}

/** Everything that the benchmark found out; this is the content of the JSON file. */
export interface InversionResults {
  readonly name: 'inversion'
  /** Day in UTC, as in 2025-01-31. */
  readonly date: string
  readonly machine: Machine
  readonly settings: Omit<InversionBenchOptions, 'outFolder' | 'testModelsFolder'>
  readonly models: readonly ModelNote[]
  readonly cuts: readonly CutSample[]
  readonly matches: readonly MatchSample[]
}
