import { HALF_VALUES } from './half.ts'
import type { TensorFormat } from './tensor-format.ts'

/** 32 elements of 4 bits: f16 scale d, then 16 bytes; byte j holds element j low and j + 16 high; `d * (q - 8)`. */
export const q4_0: TensorFormat = {
  dtype: 'Q4_0',
  blockElements: 32,
  blockBytes: 18,
  dequantize(bytes, out) {
    for (let at = 0, to = 0; to < out.length; at += 18, to += 32) {
      const scale = HALF_VALUES[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number
      for (let j = 0; j < 16; j++) {
        const pair = bytes[at + 2 + j] as number
        out[to + j] = scale * ((pair & 15) - 8)
        out[to + j + 16] = scale * ((pair >> 4) - 8)
      }
    }
  },
}
