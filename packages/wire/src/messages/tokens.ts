import { Type } from '@sinclair/typebox'
import { ROWS_PER_FRAME_MAX, SEGMENTS_PER_FRAME_MAX, TOP_LOGPROBS_MAX, TRACE_ENTRIES_MAX } from '../limits.ts'
import type { TraceEntry } from './common.ts'
import { traceEntrySchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, list, logprob, nullable, position, record, tokenId } from './parts.ts'
import type { WireWindow } from './token-window.ts'
import { windowSchema } from './token-window.ts'

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
  /** Covers the answer's tokens since the window before, this one included unless it ends the answer. */
  readonly window: WireWindow | null
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

const token = record({
  session: id,
  position,
  id: tokenId,
  logprob,
  top: list(Type.Tuple([tokenId, logprob]), TOP_LOGPROBS_MAX),
  isStop: Type.Boolean(),
  window: nullable(windowSchema),
})

const scores = record({
  session: id,
  position,
  logprobs: list(logprob, ROWS_PER_FRAME_MAX),
  topIds: list(list(tokenId, TOP_LOGPROBS_MAX), ROWS_PER_FRAME_MAX),
  topLogprobs: list(list(logprob, TOP_LOGPROBS_MAX), ROWS_PER_FRAME_MAX),
})

/** Schema of the header of {@link TokensMessage}. */
export const tokensHeader: HeaderSchema<TokensMessage> = headerSchema<TokensMessage>()(
  record({
    pipeline: id,
    epoch: counter,
    tokens: list(token, SEGMENTS_PER_FRAME_MAX),
    scores: list(scores, SEGMENTS_PER_FRAME_MAX),
    trace: list(traceEntrySchema, TRACE_ENTRIES_MAX),
  }),
)
