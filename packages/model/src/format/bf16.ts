import type { TensorFormat } from './tensor-format.ts'

/** The upper half of 32-bit floats. */
export const bf16: TensorFormat = {
  dtype: 'BF16',
  blockElements: 1,
  blockBytes: 2,
  dequantize(bytes, out) {
    const words = new Uint32Array(out.buffer, out.byteOffset, out.length)
    for (let i = 0, at = 0; i < out.length; i++, at += 2) {
      words[i] = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 24)
    }
  },
}
