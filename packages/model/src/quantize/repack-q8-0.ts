import { HALF_VALUES } from '../format/half.ts'
import type { BlockSlab, RowShape } from './block-slab.ts'
import { allocateSlab } from './block-slab.ts'

const BLOCK_BYTES = 34

/** Puts Q8_0 rows into 8-bit blocks of 32 without loss: a signed code q is stored as q + 128. */
export function repackQ8_0(bytes: Uint8Array, shape: RowShape): BlockSlab {
  const slab = allocateSlab(shape, { bits: 8, blockSize: 32 })
  const { data, scales } = slab
  for (let index = 0; index < scales.length; index++) {
    const from = index * BLOCK_BYTES
    scales[index] = HALF_VALUES[(bytes[from] as number) | ((bytes[from + 1] as number) << 8)] as number
    for (let j = 0; j < 32; j++) data[index * 32 + j] = (bytes[from + 2 + j] as number) ^ 0x80
  }
  return slab
}
