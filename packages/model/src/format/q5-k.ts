import { HALF_VALUES } from './half.ts'
import { unpackKScales } from './k-scales.ts'
import type { TensorFormat } from './tensor-format.ts'

/**
 * 256 elements of 5 bits: f16 d, f16 dmin, 12 bytes of scales and minimums of eight groups of 32, 32 bytes of fifth bits
 * (bit g of byte j belongs to element j of group g), then 128 bytes; each 32 bytes hold the low four bits of one group low
 * and of the next one high; `d * scale * q - dmin * minimum`.
 */
export const q5_k: TensorFormat = {
  dtype: 'Q5_K',
  blockElements: 256,
  blockBytes: 176,
  dequantize(bytes, out) {
    const scales = new Uint8Array(16)
    for (let at = 0, to = 0; to < out.length; at += 176, to += 256) {
      const d = HALF_VALUES[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number
      const dmin = HALF_VALUES[(bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8)] as number
      unpackKScales(bytes, at + 4, scales)
      for (let group = 0; group < 8; group += 2) {
        const lowScale = d * (scales[group] as number)
        const lowMinimum = dmin * (scales[8 + group] as number)
        const highScale = d * (scales[group + 1] as number)
        const highMinimum = dmin * (scales[9 + group] as number)
        const from = at + 48 + group * 16
        const base = to + group * 32
        for (let j = 0; j < 32; j++) {
          const pair = bytes[from + j] as number
          const top = (bytes[at + 16 + j] as number) >> group
          out[base + j] = lowScale * ((pair & 15) | ((top & 1) << 4)) - lowMinimum
          out[base + j + 32] = highScale * ((pair >> 4) | ((top & 2) << 3)) - highMinimum
        }
      }
    }
  },
}
