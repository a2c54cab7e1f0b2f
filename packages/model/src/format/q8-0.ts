import { HALF_VALUES } from './half.ts'
import type { TensorFormat } from './tensor-format.ts'

/** 32 elements of 8 bits: f16 scale d, then 32 signed bytes; `d * q`. */
export const q8_0: TensorFormat = {
  dtype: 'Q8_0',
  blockElements: 32,
  blockBytes: 34,
  dequantize(bytes, out) {
    for (let at = 0, to = 0; to < out.length; at += 34, to += 32) {
      const scale = HALF_VALUES[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number
      for (let j = 0; j < 32; j++) out[to + j] = scale * (((bytes[at + 2 + j] as number) << 24) >> 24)
    }
  },
}
