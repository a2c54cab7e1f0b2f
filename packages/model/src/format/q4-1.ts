import { HALF_VALUES } from './half.ts'
import type { TensorFormat } from './tensor-format.ts'

/** 32 elements of 4 bits: f16 scale d, f16 minimum m, then 16 bytes; byte j holds element j low and j + 16 high; `d * q + m`. */
export const q4_1: TensorFormat = {
  dtype: 'Q4_1',
  blockElements: 32,
  blockBytes: 20,
  dequantize(bytes, out) {
    for (let at = 0, to = 0; to < out.length; at += 20, to += 32) {
      const scale = HALF_VALUES[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number
      const minimum = HALF_VALUES[(bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8)] as number
      for (let j = 0; j < 16; j++) {
        const pair = bytes[at + 4 + j] as number
        out[to + j] = scale * (pair & 15) + minimum
        out[to + j + 16] = scale * (pair >> 4) + minimum
      }
    }
  },
}
