import type { Milliseconds, ShardlineError } from '@shardline/core'
import type { WireScores, WireToken } from '@shardline/wire'
import type { AnswerStatistics } from './answer-statistics.ts'

/** What a session works on: one answer, or one text to score. */
export interface Turn {
  /** Tokens that the cache must hold for it; the last one's row is run in any case. */
  readonly context: readonly number[]
  readonly use: 'sample' | 'score'
  readonly statistics: AnswerStatistics
  /** Whether the next token may not be run yet, because the reader is slow. */
  readonly isPaused: boolean
  /**
   * Takes a sampled token; returns whether the session goes on with it.
   *
   * @param stepMs from frame out to token in, if a decode step brought it.
   */
  onToken(token: WireToken, stepMs: Milliseconds | undefined): boolean
  /** Takes scores; returns whether more are to come. */
  onScores(scores: WireScores): boolean
  /** Ends it without an answer. */
  fail(error: ShardlineError): void
}
