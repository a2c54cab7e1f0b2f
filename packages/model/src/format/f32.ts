import type { TensorFormat } from './tensor-format.ts'

/** 32-bit floats, little-endian as every machine that Shardline runs on. */
export const f32: TensorFormat = {
  dtype: 'F32',
  blockElements: 1,
  blockBytes: 4,
  dequantize(bytes, out) {
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes)
  },
}
