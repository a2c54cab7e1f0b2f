import { HALF_VALUES } from './half.ts'
import type { TensorFormat } from './tensor-format.ts'

/** IEEE 754 16-bit floats. */
export const f16: TensorFormat = {
  dtype: 'F16',
  blockElements: 1,
  blockBytes: 2,
  dequantize(bytes, out) {
    for (let i = 0, at = 0; i < out.length; i++, at += 2) {
      out[i] = HALF_VALUES[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number
    }
  },
}
