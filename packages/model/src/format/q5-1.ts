import { HALF_VALUES } from './half.ts'
import type { TensorFormat } from './tensor-format.ts'

/**
 * 32 elements of 5 bits: f16 scale d, f16 minimum m, 32 fifth bits, then 16 bytes; byte j holds the low four bits of
 * element j low and of j + 16 high; `d * q + m`.
 */
export const q5_1: TensorFormat = {
  dtype: 'Q5_1',
  blockElements: 32,
  blockBytes: 24,
  dequantize(bytes, out) {
    for (let at = 0, to = 0; to < out.length; at += 24, to += 32) {
      const scale = HALF_VALUES[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number
      const minimum = HALF_VALUES[(bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8)] as number
      const lowTop = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8)
      const highTop = (bytes[at + 6] as number) | ((bytes[at + 7] as number) << 8)
      for (let j = 0; j < 16; j++) {
        const pair = bytes[at + 8 + j] as number
        out[to + j] = scale * ((pair & 15) | (((lowTop >> j) & 1) << 4)) + minimum
        out[to + j + 16] = scale * ((pair >> 4) | (((highTop >> j) & 1) << 4)) + minimum
      }
    }
  },
}
