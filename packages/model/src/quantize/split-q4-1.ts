import { HALF_VALUES } from '../format/half.ts'
import type { BlockSlab, RowShape } from './block-slab.ts'
import { allocateSlab } from './block-slab.ts'
import { pairNeighbours } from './repack-q4-0.ts'

const BLOCK_BYTES = 20

/**
 * Puts Q4_1 rows into 4-bit blocks of 32 and an offset per block: `d q + m = d (q - 8) + (m + 8 d)`. Without loss but for
 * the rounding of `m + 8 d` to f32.
 */
export function splitQ4_1(bytes: Uint8Array, shape: RowShape): BlockSlab {
  const slab = allocateSlab(shape, { bits: 4, blockSize: 32 })
  const { data, scales } = slab
  const offsets = new Float32Array(scales.length)
  for (let index = 0; index < scales.length; index++) {
    const from = index * BLOCK_BYTES
    const scale = HALF_VALUES[(bytes[from] as number) | ((bytes[from + 1] as number) << 8)] as number
    const minimum = HALF_VALUES[(bytes[from + 2] as number) | ((bytes[from + 3] as number) << 8)] as number
    scales[index] = scale
    offsets[index] = minimum + 8 * scale
    pairNeighbours(bytes.subarray(from + 4, from + BLOCK_BYTES), data, index * 16)
  }
  return { ...slab, offsets }
}
