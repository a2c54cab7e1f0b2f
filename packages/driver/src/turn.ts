import type { Milliseconds, ShardlineError } from '@shardline/core'
import type { WireScores, WireToken } from '@shardline/wire'
import type { AnswerStatistics, StageFacts } from './answer-statistics.ts'
import type { AnswerTrace } from './answer-tracer.ts'

/** Where a validator that takes over begins, or one that gets the session under another name. */
export interface TurnResume {
  /** The answer's tokens that count: those after them are sampled again. */
  readonly tokenIds: readonly number[]
  /** Position of the first row that is used again. */
  readonly position: number
  /** Signed windows, and the hash of the last one. */
  readonly windows: number
  readonly previous: string
}

/** What a session works on: one answer, or one text to score. */
export interface Turn {
  /** Tokens that the cache must hold for it; the last one's row is run in any case. */
  readonly context: readonly number[]
  readonly use: 'sample' | 'score'
  readonly statistics: AnswerStatistics
  /** Follows it; undefined unless somebody wants to see. */
  readonly trace: AnswerTrace | undefined
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
  /** Where it would begin again; from its first row if everything it made is wanted once more. */
  resume(): TurnResume
  /** Whether all logits of the session are hashed, so that it can only begin again as a whole. */
  readonly isDigestWanted: boolean
  /** Whether something of the answer is still to come although its tokens are there: a signature or a digest. */
  readonly isOwed: boolean
  /** Whether a token for this position is known already. */
  isKnown(position: number): boolean
  /** Takes a token that is known already, and came again. @throws ReplayDivergedError if it is another one. */
  recheck(token: WireToken): void
  /** Other stages make it from here on. */
  restage(facts: readonly StageFacts[]): void
  /** Ends it without an answer. */
  fail(error: ShardlineError): void
}
