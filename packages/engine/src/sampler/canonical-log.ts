/** The leading 33 bits of ln 2, so that its product with any exponent that occurs is exact. */
const LN_2_HIGH = 0.6931471803691238
/** ln 2 - LN_2_HIGH, rounded. */
const LN_2_LOW = 1.9082149292705877e-10
const SQRT_2 = 1.4142135623730951
const HALF_SQRT_2 = 0.7071067811865476
/** The smallest normal number; what is below is scaled up first. */
const NORMAL_MIN = 2.2250738585072014e-308
/** 2^54. */
const TWO_54 = 18014398509481984
/** 2^step for the steps 512, 256, ... 1. */
const SCALES = tabulateScales()
/** Terms of the series; with s^2 < 0.0295 the next one is below 2^-57 of the first. */
const SERIES_TERMS = 11

/**
 * ln x, the same bits on every machine, for the same reasons and with the same means as `canonicalExp`.
 *
 * With x = 2^k m and m between sqrt(1/2) and sqrt(2), ln x = k ln 2 + 2 (s + s^3/3 + s^5/5 + ...), s = (m - 1) / (m + 1).
 * The error is below 2^-51 of the result or of 1, whichever is larger. `x` below 0 gives NaN, 0 gives -Infinity.
 */
export function canonicalLog(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN
  if (x === Infinity) return Infinity
  const isTiny = x < NORMAL_MIN
  let mantissa = isTiny ? x * TWO_54 : x
  let exponent = isTiny ? -54 : 0
  // Scaling by powers of two is exact; in steps, as the exponent's bits are not at hand without knowing the byte order.
  for (const { step, power } of SCALES) {
    if (mantissa >= power) {
      mantissa /= power
      exponent += step
    } else if (mantissa * power < 1) {
      mantissa *= power
      exponent -= step
    }
  }
  if (mantissa >= SQRT_2) {
    mantissa /= 2
    exponent += 1
  }
  if (mantissa < HALF_SQRT_2) {
    mantissa *= 2
    exponent -= 1
  }
  const s = (mantissa - 1) / (mantissa + 1)
  const s2 = s * s
  let series = 0
  for (let term = SERIES_TERMS - 1; term >= 1; term--) series = s2 * (series + 1 / (2 * term + 1))
  return exponent * LN_2_HIGH + (2 * s + (2 * s * series + exponent * LN_2_LOW))
}

function tabulateScales(): readonly { readonly step: number; readonly power: number }[] {
  const scales: { readonly step: number; readonly power: number }[] = []
  let power = 2
  for (let step = 1; step <= 512; step *= 2) {
    scales.unshift({ step, power })
    power *= power
  }
  return scales
}
