import { HALF_VALUES } from '../format/half.ts'
import type { BlockSlab, RowShape } from './block-slab.ts'
import { allocateSlab } from './block-slab.ts'

const BLOCK_BYTES = 18

/**
 * Puts Q4_0 rows into blocks of 32 without loss, as 4 bits or as 8: same codes, same scales, other order.
 * Q4_0 pairs element j with j + 16 in a byte; MatMulNBits wants neighbours.
 */
export function repackQ4_0(bytes: Uint8Array, shape: RowShape, bits: 4 | 8): BlockSlab {
  const slab = allocateSlab(shape, { bits, blockSize: 32 })
  const { data, scales } = slab
  const write = bits === 4 ? pairNeighbours : spreadPairs
  for (let index = 0; index < scales.length; index++) {
    const from = index * BLOCK_BYTES
    scales[index] = HALF_VALUES[(bytes[from] as number) | ((bytes[from + 1] as number) << 8)] as number
    write(bytes.subarray(from + 2, from + BLOCK_BYTES), data, index * bits * 4)
  }
  return slab
}

/** Turns 16 bytes that pair element j with j + 16 into 16 bytes that pair 2j with 2j + 1; the first of a pair is low in both. */
export function pairNeighbours(pairs: Uint8Array, data: Uint8Array, to: number): void {
  for (let j = 0; j < 8; j++) {
    const first = pairs[2 * j] as number
    const second = pairs[2 * j + 1] as number
    data[to + j] = (first & 15) | ((second & 15) << 4)
    data[to + 8 + j] = (first >> 4) | (second & 0xf0)
  }
}

/** Turns 16 bytes that pair element j with j + 16 into 32 bytes; code 8 (zero) becomes 128. */
function spreadPairs(pairs: Uint8Array, data: Uint8Array, to: number): void {
  for (let j = 0; j < 16; j++) {
    const pair = pairs[j] as number
    data[to + j] = (pair & 15) + 120
    data[to + 16 + j] = (pair >> 4) + 120
  }
}
