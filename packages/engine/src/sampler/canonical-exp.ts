/** Entries of the table: 2^0, 2^(1/64), ... 2^(63/64). */
const TABLE_SIZE = 64
const TABLE_BITS = 6
/** 64 log2(e), rounded. */
const STEPS_PER_UNIT = 92.33248261893695
/** The leading 33 bits of ln 2 over 64, so that its product with any number of steps that occurs is exact. */
const STEP_HIGH = 0.6931471803691238 / 64
/** What is missing to ln 2 over 64, rounded. */
const STEP_LOW = 1.9082149292705877e-10 / 64
/** 1.5 * 2^52: adding and subtracting it rounds a small number to the nearest integer. */
const ROUNDER = 6755399441055744
/** Below it the result would be smaller than any normal number. */
const EXPONENT_MIN = -708
const EXPONENT_MAX = 708
/** 2^-1022, the smallest normal number. `**` is not used: how exact it is, is up to the engine. */
const POWER_LOWEST = 2.2250738585072014e-308
/** Index of 2^0 in {@link POWERS_OF_TWO}. */
const POWER_ZERO_INDEX = 1022
const POWERS_OF_TWO = tabulatePowersOfTwo()
const FRACTIONAL_POWERS = tabulateFractionalPowers()

/** What {@link exponentiate} applies. */
export interface ExponentiateInit {
  /** Taken off each value. */
  readonly highest: number
  /** Multiplies each difference. */
  readonly scale: number
}

/**
 * Replaces each of the first `count` values by `exp((value - highest) * scale)` and returns their sum, added up in order.
 * The same bits on every machine.
 *
 * `Math.exp` may differ between JavaScript engines and their versions; this uses only additions, multiplications and
 * divisions of doubles in a fixed order, which IEEE 754 and ECMAScript define to the last bit.
 * With x = n ln 2 / 64 + r, n an integer and |r| <= ln 2 / 128, e^x = 2^(n / 64) e^r. The first factor is a power of two
 * times an entry of a table, the second the Taylor series up to r^5 / 120; what it leaves out is below 2^-54.
 * The relative error is below 2^-51. For x < -708 the result, smaller than any normal number, is 0; for x > 708 it is Infinity.
 */
export function exponentiate(values: Float64Array, count: number, init: ExponentiateInit): number {
  const { highest, scale } = init
  let total = 0
  // One loop and no call in it, as a call per element would cost as much as the arithmetic.
  for (let i = 0; i < count; i++) {
    const x = ((values[i] ?? 0) - highest) * scale
    let result = x
    if (x >= EXPONENT_MIN && x <= EXPONENT_MAX) {
      const rounded = x * STEPS_PER_UNIT + ROUNDER - ROUNDER
      const r = x - rounded * STEP_HIGH - rounded * STEP_LOW
      const t = r * r
      const n = rounded | 0
      const power = POWERS_OF_TWO[(n >> TABLE_BITS) + POWER_ZERO_INDEX] ?? 0
      const factor = (FRACTIONAL_POWERS[n & (TABLE_SIZE - 1)] ?? 0) * power
      result = factor + factor * (r + t * (0.5 + r * (1 / 6) + t * (1 / 24 + r * (1 / 120))))
    } else if (x < EXPONENT_MIN) {
      result = 0
    } else if (x > EXPONENT_MAX) {
      result = Infinity
    }
    values[i] = result
    total += result
  }
  return total
}

/** e^x with the same bits on every machine: {@link exponentiate} of one value. */
export function canonicalExp(x: number): number {
  return exponentiate(Float64Array.of(x), 1, { highest: 0, scale: 1 })
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

/**
 * 2^(j/64) for j = 0..63, as e^(j ln 2 / 64) by its Taylor series, which after 22 terms has less than 2^-70 to add.
 * Its terms are summed from the smallest on.
 */
function tabulateFractionalPowers(): Float64Array {
  return Float64Array.from({ length: TABLE_SIZE }, (_, j) => {
    const x = j * STEP_HIGH + j * STEP_LOW
    let series = 0
    for (let term = 22; term >= 1; term--) series = (x / term) * (1 + series)
    return 1 + series
  })
}
