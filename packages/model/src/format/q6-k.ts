import { HALF_VALUES } from './half.ts'
import type { TensorFormat } from './tensor-format.ts'

/**
 * 256 elements of 6 bits: 128 bytes of low halves, 64 bytes of upper pairs, 16 signed scales of groups of 16, f16 d;
 * `d * scale * (q - 32)`.
 *
 * Each half of 128 elements takes 64 bytes of low halves and 32 of upper pairs: element j + 32k (k = 0 to 3, j below 32) has
 * its low half in byte j + 32 (k mod 2), low for k < 2 and high for k >= 2, and its upper pair at bits 2k of byte j.
 */
export const q6_k: TensorFormat = {
  dtype: 'Q6_K',
  blockElements: 256,
  blockBytes: 210,
  dequantize(bytes, out) {
    for (let at = 0, to = 0; to < out.length; at += 210, to += 256) {
      const d = HALF_VALUES[(bytes[at + 208] as number) | ((bytes[at + 209] as number) << 8)] as number
      for (let half = 0; half < 2; half++) {
        for (let k = 0; k < 4; k++) {
          const low = at + half * 64 + (k & 1) * 32
          const upper = at + 128 + half * 32
          const base = to + half * 128 + k * 32
          const scaleAt = at + 192 + half * 8 + k * 2
          const first = d * (((bytes[scaleAt] as number) << 24) >> 24)
          const second = d * (((bytes[scaleAt + 1] as number) << 24) >> 24)
          const nibbleShift = k < 2 ? 0 : 4
          for (let j = 0; j < 32; j++) {
            const nibble = ((bytes[low + j] as number) >> nibbleShift) & 15
            const q = (nibble | ((((bytes[upper + j] as number) >> (2 * k)) & 3) << 4)) - 32
            out[base + j] = (j < 16 ? first : second) * q
          }
        }
      }
    }
  },
}
