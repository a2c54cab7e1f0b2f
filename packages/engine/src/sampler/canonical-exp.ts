/** log2(e), rounded. */
const LOG2_E = 1.4426950408889634
/** The leading 33 bits of ln 2, so that its product with any exponent that occurs is exact. */
const LN_2_HIGH = 0.6931471803691238
/** ln 2 - LN_2_HIGH, rounded. */
const LN_2_LOW = 1.9082149292705877e-10
/** 1.5 * 2^52: adding and subtracting it rounds a small number to the nearest integer. */
const ROUNDER = 6755399441055744
/** Below it the result is smaller than any normal number. */
const EXPONENT_MIN = -708
/** ln of the largest finite number. */
const EXPONENT_MAX = 709.782712893384

// r coth(r/2) = 2 + r^2/6 - r^4/360 + ... : 2 B(2n) r^2n / (2n)! with the Bernoulli numbers B.
const C_2 = 1 / 6
const C_4 = -1 / 360
const C_6 = 1 / 15120
const C_8 = -1 / 604800
const C_10 = 1 / 23950080
const C_12 = -691 / 653837184000

/** 2^-1022, the smallest normal number. `**` is not used: how exact it is, is up to the engine. */
const POWER_LOWEST = 2.2250738585072014e-308
/** Index of 2^0 in {@link POWERS_OF_TWO}. */
const POWER_ZERO_INDEX = 1022
const POWERS_OF_TWO = tabulatePowersOfTwo()

/**
 * e^x, the same bits on every machine.
 *
 * `Math.exp` may differ between JavaScript engines and their versions; this uses only additions, multiplications and
 * divisions of doubles in a fixed order, which IEEE 754 and ECMAScript define to the last bit.
 * With x = k ln 2 + r and |r| <= ln 2 / 2, e^x = 2^k (R + r) / (R - r), where R = r coth(r/2) is a series in r^2
 * whose first term left out is below 2^-58.
 *
 * The relative error is below 2^-51. Results that would be below the smallest normal number, that is for x < -708, are 0.
 */
export function canonicalExp(x: number): number {
  if (!(x >= EXPONENT_MIN)) return x < EXPONENT_MIN ? 0 : x
  if (x > EXPONENT_MAX) return Infinity
  const rounded = x * LOG2_E + ROUNDER - ROUNDER
  const r = x - rounded * LN_2_HIGH - rounded * LN_2_LOW
  const t = r * r
  const t2 = t * t
  // The grouping is for speed: three short chains of operations instead of one long one.
  const c = r - t * (C_2 + t * C_4 + t2 * (C_6 + t * C_8 + t2 * (C_10 + t * C_12)))
  // Half of 2^k, as k may be 1024 and 2^1024 is no number.
  const halfPower = POWERS_OF_TWO[(rounded | 0) - 1 + POWER_ZERO_INDEX] ?? Infinity
  return (1 + (r + (r * c) / (2 - c))) * 2 * halfPower
}

/** 2^-1022 to 2^1023: every power of two that is a normal number. */
function tabulatePowersOfTwo(): Float64Array {
  const powers = new Float64Array(2046)
  let power = POWER_LOWEST
  for (let i = 0; i < powers.length; i++) {
    powers[i] = power
    power *= 2
  }
  return powers
}
