/**
 * Quantizes one block to 8 bits: the largest magnitude becomes 127. Stored is `q + 128`, q from -127 to 127.
 *
 * @param out As many bytes as `values` has elements.
 * @returns the scale; 0 if all values are 0.
 */
export function quantizeBlock8(values: Float32Array, out: Uint8Array): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] as number))
  const scale = Math.fround(largest / 127)
  if (scale === 0) {
    out.fill(128)
    return 0
  }
  const inverse = 1 / scale
  // Adding 128.5 before the cut rounds to the nearest, as the sum is never negative.
  for (let i = 0; i < values.length; i++) out[i] = Math.min(255, (values[i] as number) * inverse + 128.5)
  return scale
}
