import type { ShardlineError } from '@shardline/core'
import type { WireScores } from '@shardline/wire'
import type { AnswerStatistics } from './answer-statistics.ts'
import type { ScoreRequest, ScoreResult } from './driver-types.ts'
import type { Turn } from './turn.ts'

/** The scores of one text while they come in. */
export class Scoring implements Turn {
  readonly context: readonly number[]
  readonly use = 'score'
  readonly isPaused = false
  readonly statistics: AnswerStatistics
  /** Resolves when every position is scored; rejects by {@link fail}. */
  readonly finished: Promise<void>
  readonly #logprobs: number[] = []
  readonly #topIds: (readonly number[])[] = []
  readonly #topLogprobs: (readonly number[])[] = []
  #settle: { resolve: () => void; reject: (error: ShardlineError) => void } | undefined

  constructor(request: ScoreRequest, statistics: AnswerStatistics) {
    this.context = request.tokenIds
    this.statistics = statistics
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.finished.catch(() => undefined)
  }

  onToken(): boolean {
    return false
  }

  onScores(scores: WireScores): boolean {
    this.#logprobs.push(...scores.logprobs)
    this.#topIds.push(...scores.topIds)
    this.#topLogprobs.push(...scores.topLogprobs)
    if (this.#topIds.length < this.context.length) return true
    this.#settle?.resolve()
    return false
  }

  /** Rows that were scored so far; the next scores start at this position. */
  get scoredRows(): number {
    return this.#topIds.length
  }

  fail(error: ShardlineError): void {
    this.#settle?.reject(error)
  }

  /** The whole score. */
  result(digest: string | undefined): ScoreResult {
    const sum = this.#logprobs.reduce((total, logprob) => total + logprob, 0)
    return {
      tokenIds: this.context,
      logprobs: this.#logprobs,
      topIds: this.#topIds,
      topLogprobs: this.#topLogprobs,
      meanNll: -sum / this.#logprobs.length,
      digest,
      stages: this.statistics.reports(),
    }
  }
}
