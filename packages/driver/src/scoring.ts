import type { ShardlineError } from '@shardline/core'
import { FIRST_WINDOW_PREVIOUS } from '@shardline/identity'
import type { WireScores } from '@shardline/wire'
import type { AnswerStatistics, StageFacts } from './answer-statistics.ts'
import type { ScoreRequest, ScoreResult } from './driver-types.ts'
import type { Turn, TurnResume } from './turn.ts'

/** The scores of one text while they come in. */
export class Scoring implements Turn {
  readonly context: readonly number[]
  readonly use = 'score'
  readonly isPaused = false
  readonly isDigestWanted: boolean
  readonly statistics: AnswerStatistics
  readonly trace = undefined
  /** Resolves when every position is scored; rejects by {@link fail}. */
  readonly finished: Promise<void>
  readonly #logprobs: number[] = []
  readonly #topIds: (readonly number[])[] = []
  readonly #topLogprobs: (readonly number[])[] = []
  #settle: { resolve: () => void; reject: (error: ShardlineError) => void } | undefined

  constructor(request: ScoreRequest, statistics: AnswerStatistics) {
    this.context = request.tokenIds
    this.isDigestWanted = request.isDigestWanted
    this.statistics = statistics
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.finished.catch(() => undefined)
  }

  onToken(): boolean {
    return false
  }

  /** What comes again is what came before, and counts once. */
  onScores(scores: WireScores): boolean {
    const known = Math.max(0, this.scoredRows - scores.position)
    this.#logprobs.push(...scores.logprobs.slice(known))
    this.#topIds.push(...scores.topIds.slice(known))
    this.#topLogprobs.push(...scores.topLogprobs.slice(known))
    if (this.#topIds.length < this.context.length) return true
    this.#settle?.resolve()
    return false
  }

  /** Rows that were scored so far; the next scores start at this position. */
  get scoredRows(): number {
    return this.#topIds.length
  }

  /** The digest is only there when the session is closed. */
  get isOwed(): boolean {
    return this.isDigestWanted
  }

  resume(): TurnResume {
    const position = this.isDigestWanted ? 0 : this.scoredRows
    return { tokenIds: [], position, windows: 0, previous: FIRST_WINDOW_PREVIOUS }
  }

  isKnown(position: number): boolean {
    return position < this.scoredRows
  }

  recheck(): void {}

  restage(facts: readonly StageFacts[]): void {
    this.statistics.restage(facts)
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
