import { BestList } from './best-list.ts'
import { TOP_LOGPROBS_MAX } from './sampler-limits.ts'

/**
 * Working memory for choosing one token, about 24 bytes per token of the vocabulary.
 * It holds nothing between two calls, so all samplers of one thread can share one.
 *
 * The candidates are the tokens that can still be drawn. Every filter keeps a prefix of them in the *total order*:
 * higher logits first, of equal logits the lower id first.
 */
export class SamplerScratch {
  readonly vocabularySize: number
  /** Logits after bias and penalties, by token id. */
  readonly logits: Float64Array
  /** Number of candidates. */
  count = 0
  /** Sum of the candidates' weights, added up in the order of ids. */
  total = 0
  /** Ids of the candidates, ascending; the first `count` entries. */
  readonly ids: Int32Array
  /** Weights of the candidates, in the order of `ids`: their logits before the temperature, their probabilities up to a common factor after it. */
  readonly weights: Float64Array
  /** Positions in `ids`, permuted while a cut is searched. */
  readonly order: Int32Array
  /** For short selections. */
  readonly best: BestList

  /** @param bestMax longest list of best tokens that is asked for. @default TOP_LOGPROBS_MAX */
  constructor(vocabularySize: number, bestMax: number = TOP_LOGPROBS_MAX) {
    this.vocabularySize = vocabularySize
    this.logits = new Float64Array(vocabularySize)
    this.ids = new Int32Array(vocabularySize)
    this.weights = new Float64Array(vocabularySize)
    this.order = new Int32Array(vocabularySize)
    this.best = new BestList(Math.max(bestMax, TOP_LOGPROBS_MAX))
  }
}
