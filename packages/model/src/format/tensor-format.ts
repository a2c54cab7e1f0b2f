import type { TensorDtype } from '../checkpoint.ts'

/** How the elements of a tensor are stored: in blocks of some elements in some bytes. A row is a whole number of blocks. */
export interface TensorFormat {
  readonly dtype: TensorDtype
  /** Elements of one block; 1 for plain floats. */
  readonly blockElements: number
  /** Bytes of one block. */
  readonly blockBytes: number
  /**
   * Writes the f32 value of each element of the blocks in `bytes` to `out`; both hold the same number of whole blocks.
   * The f32 values are those that the format's definition gives when computed in f32.
   */
  readonly dequantize: (bytes: Uint8Array, out: Float32Array) => void
}
