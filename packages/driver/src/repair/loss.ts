import type { ShardlineError } from '@shardline/core'
import type { StageLink } from '../stage-link.ts'

/**
 * What can break a formation.
 *
 * - `gone`: the link to a stage ended or fell silent, or the stage leaves.
 * - `next-gone`: a stage says that it can't reach the next one.
 * - `failed`: a stage can't go on with its part.
 * - `stalled`: rows make no progress.
 */
export type Loss =
  | {
      readonly kind: 'gone' | 'next-gone' | 'failed'
      readonly link: StageLink
      readonly error: ShardlineError
    }
  | { readonly kind: 'stalled'; readonly link: undefined; readonly error: ShardlineError }

/** Code of a stage whose link to the next one is gone. */
export const NEXT_LOST_CODE = 'NODE_NEXT_LOST'

/** Code of a stage that doesn't have the rows which the next one lacks. */
export const REPLAY_MISSING_CODE = 'NODE_REPLAY_MISSING'
