import { COMPARISONS_SHOWN_MIN } from '../limits.ts'
import { betaQuantile } from './beta-quantile.ts'

/**
 * What a node is ranked by: the 5th percentile of Beta(1 + successes, 1 + failures), the success rate that it beats
 * with 95 % confidence. Few good answers prove little: 1 of 1 scores 0.22, 20 of 20 score 0.87, 1,940 of 2,000 score
 * 0.96. Accurate to 1e-9.
 */
export function betaPercentile05(successes: number, failures: number): number {
  return betaQuantile(0.05, 1 + successes, 1 + failures)
}

/** How often a node's answers were compared with another's, blind, and how often they were preferred. */
export interface Comparisons {
  readonly compared: number
  readonly preferred: number
}

/** A node's preference as everyone may see it. An honest node's ratio is near one half. */
export interface Preference {
  readonly compared: number
  readonly ratio: number
  /** Bounds of the 95 % interval. */
  readonly low: number
  readonly high: number
}

/** The 97.5th percentile of the normal distribution. */
const Z = 1.959963984540054

/**
 * The share of comparisons that a node won, with Wilson's 95 % interval (Wilson 1927); undefined while there are fewer
 * than COMPARISONS_SHOWN_MIN, since such a share says nothing yet.
 *
 * @param comparisonsMin overrides COMPARISONS_SHOWN_MIN.
 */
export function preferenceShown(
  { compared, preferred }: Comparisons,
  comparisonsMin: number = COMPARISONS_SHOWN_MIN,
): Preference | undefined {
  if (compared < comparisonsMin || compared === 0) return undefined
  const ratio = preferred / compared
  const scale = 1 + (Z * Z) / compared
  const centre = (ratio + (Z * Z) / (2 * compared)) / scale
  const variance = (ratio * (1 - ratio)) / compared + (Z * Z) / (4 * compared * compared)
  const half = (Z * Math.sqrt(variance)) / scale
  return { compared, ratio, low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}
