import { assert } from '@shardline/core'
import { logGamma } from './log-gamma.ts'

/**
 * The regularised incomplete beta function `I_x(a, b)`: the share of Beta(a, b) that lies below x.
 * Continued fraction of DLMF 8.17.22 by the modified Lentz method, on the side where it converges fast.
 */
export function betaShareBelow(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const isUpper = x > (a + 1) / (a + b + 2)
  const [y, p, q] = isUpper ? [1 - x, b, a] : [x, a, b]
  const front = Math.exp(p * Math.log(y) + q * Math.log1p(-y) - logBeta(p, q)) / p
  const share = front * continuedFraction(y, p, q)
  return isUpper ? 1 - share : share
}

/**
 * The x below which `share` of Beta(a, b) lies, for a and b from 1 on. Bisection: the share rises with x, and a hundred
 * halvings reach a double's full precision for every x that a reputation can have.
 */
export function betaQuantile(share: number, a: number, b: number): number {
  assert(
    share > 0 && share < 1 && a >= 1 && b >= 1,
    'a quantile needs a share in (0, 1), a and b from 1 on',
    {
      share,
      a,
      b,
    },
  )
  let low = 0
  let high = 1
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (betaShareBelow(middle, a, b) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

const HALVINGS = 100
/** The fraction needs on the order of the square root of the larger parameter; this covers 10^10 events. */
const FRACTION_TERMS_MAX = 1_000_000
const PRECISION = 1e-15
/** Stands for a zero that would be divided by (Lentz). */
const TINY = 1e-300

function continuedFraction(x: number, a: number, b: number): number {
  const step = (factor: number, previous: number): number => {
    const value = 1 + factor * previous
    return Math.abs(value) < TINY ? TINY : value
  }
  let ratio = 1 / step((-(a + b) * x) / (a + 1), 1)
  let numerator = 1
  let fraction = ratio
  for (let m = 1; m <= FRACTION_TERMS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    ratio = 1 / step(even, ratio)
    numerator = step(even, 1 / numerator)
    fraction *= ratio * numerator
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    ratio = 1 / step(odd, ratio)
    numerator = step(odd, 1 / numerator)
    const change = ratio * numerator
    fraction *= change
    if (Math.abs(change - 1) < PRECISION) break
  }
  return fraction
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b)
}
