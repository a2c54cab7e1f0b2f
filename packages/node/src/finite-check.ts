/**
 * Whether all numbers are finite, that is neither NaN nor infinite.
 *
 * A finite number less itself is zero, NaN and infinity less themselves are NaN: one sum tells, without a branch per element.
 */
export function isAllFinite(values: Float32Array): boolean {
  let sum = 0
  for (const value of values) sum += value - value
  return sum === 0
}
