const word = new Uint32Array(1)
const float = new Float32Array(word.buffer)

/** The f32 value of every 16-bit float, by its bits (IEEE 754 binary16). */
export const HALF_VALUES: Float32Array = buildHalfValues()

function buildHalfValues(): Float32Array {
  const values = new Float32Array(65_536)
  for (let bits = 0; bits < 65_536; bits++) {
    const sign = (bits & 0x8000) === 0 ? 1 : -1
    const exponent = (bits >> 10) & 0x1f
    const fraction = bits & 0x3ff
    if (exponent === 0) values[bits] = sign * fraction * 2 ** -24
    else if (exponent === 31) values[bits] = fraction === 0 ? sign * Infinity : NaN
    else values[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  }
  return values
}

/** The bits of the 16-bit float nearest to `value`, ties to even; too large becomes infinite. */
export function toHalf(value: number): number {
  float[0] = value
  const bits = word[0] ?? 0
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13)
  const exponent = magnitude >>> 23
  return exponent < 102 ? sign : sign | roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent)
}

/** `value / 2^shift`, rounded to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const kept = value >>> shift
  const rest = value - kept * 2 ** shift
  const half = 2 ** (shift - 1)
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept
}
