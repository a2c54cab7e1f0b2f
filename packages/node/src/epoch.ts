import type { Epoch } from '@shardline/core'

/** How an epoch that came on the wire relates to the planned one. */
export type EpochVerdict = 'current' | 'stale' | 'unknown'

/**
 * Judges a frame's epoch: a lower one belongs to an earlier formation and its frames are dropped without a word,
 * a higher one can't be ours and is refused.
 */
export function judgeEpoch(planned: Epoch, given: number): EpochVerdict {
  if (given === planned) return 'current'
  return given < planned ? 'stale' : 'unknown'
}
