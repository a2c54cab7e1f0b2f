import { InvalidValueError } from '@shardline/core'

/** Middle and range of some samples. */
export interface Summary {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly count: number
}

/**
 * The median: the middle one, or the mean of the two in the middle.
 *
 * @throws InvalidValueError if there are no values.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new InvalidValueError('there are no values to take a median of')
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
}

/** @throws InvalidValueError if there are no values. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    count: values.length,
  }
}

/** A value of one round. */
export interface RoundValue {
  readonly round: number
  readonly value: number
}

/**
 * Ratios of the values of the same round, in order of rounds. Rounds that only one of both has are left out.
 *
 * Machines drift over minutes; what ran in the same round ran under the same conditions, so a ratio within a round says
 * more than the ratio of two medians.
 */
export function pairRatios(ours: readonly RoundValue[], theirs: readonly RoundValue[]): readonly number[] {
  const theirsByRound = new Map(theirs.map(({ round, value }) => [round, value]))
  return ours
    .toSorted((a, b) => a.round - b.round)
    .flatMap(({ round, value }) => {
      const other = theirsByRound.get(round)
      return other === undefined || other === 0 ? [] : [value / other]
    })
}

/** Probability that an interval of {@link medianInterval} leaves the median out. */
const OUTSIDE_MAX = 0.05

/**
 * Where the median of all that could have been measured lies, with at least 95 %, whatever its distribution: the k-th
 * least and the k-th most of independent samples, as the sign test has it. Undefined for fewer than 6 samples, which
 * don't say that.
 */
export function medianInterval(
  values: readonly number[],
): { readonly from: number; readonly to: number } | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const count = sorted.length
  let outside = 0
  let term = 2 * 0.5 ** count
  let left = 0
  // Adds up the chances that only `left` samples lie on one side of the median.
  while (left < count / 2 && outside + term <= OUTSIDE_MAX) {
    outside += term
    term = (term * (count - left)) / (left + 1)
    left += 1
  }
  const [from, to] = [sorted[left - 1], sorted[count - left]]
  return left === 0 || from === undefined || to === undefined ? undefined : { from, to }
}
