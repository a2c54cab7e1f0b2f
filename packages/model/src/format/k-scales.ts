/**
 * Unpacks the 12 bytes at `at` that Q4_K and Q5_K share: eight scales and eight minimums of 6 bits.
 *
 * The first four scales are the low six bits of bytes 0 to 3, the first four minimums those of bytes 4 to 7. The last four of
 * each have their low four bits in bytes 8 to 11 (scale low, minimum high) and their upper two bits on top of bytes 0 to 7.
 *
 * @param out Eight scales, then eight minimums.
 */
export function unpackKScales(bytes: Uint8Array, at: number, out: Uint8Array): void {
  for (let j = 0; j < 4; j++) {
    const a = bytes[at + j] as number
    const b = bytes[at + 4 + j] as number
    const c = bytes[at + 8 + j] as number
    out[j] = a & 63
    out[8 + j] = b & 63
    out[4 + j] = (c & 15) | ((a >> 6) << 4)
    out[12 + j] = (c >> 4) | ((b >> 6) << 4)
  }
}
