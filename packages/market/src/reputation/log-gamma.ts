/** Coefficients of Stirling's series, `B(2k) / (2k (2k - 1))` for k = 1..8 (DLMF 5.11.1). */
const STIRLING = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360_360,
  1 / 156,
  -3617 / 122_400,
] as const
/** From here on eight terms of the series are exact to a double's last digit. */
const SERIES_MIN = 12

/** Natural logarithm of the gamma function for `z > 0`: Stirling's series, shifted up for small z. */
export function logGamma(z: number): number {
  let shift = 1
  let large = z
  while (large < SERIES_MIN) {
    shift *= large
    large += 1
  }
  let series = 0
  let power = large
  for (const coefficient of STIRLING) {
    series += coefficient / power
    power *= large * large
  }
  return (large - 0.5) * Math.log(large) - large + 0.5 * Math.log(2 * Math.PI) + series - Math.log(shift)
}
