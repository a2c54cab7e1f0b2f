import { HALF_VALUES } from '../format/half.ts'
import { unpackKScales } from '../format/k-scales.ts'
import type { BlockSlab, RowShape } from './block-slab.ts'
import { allocateSlab } from './block-slab.ts'

const SUPER_BLOCK_BYTES = 144
const GROUPS = 8

/**
 * Puts Q4_K rows into 4-bit blocks of 32 and an offset per block: a group is
 * `d s q - dmin m = d s (q - 8) + (8 d s - dmin m)`. Without loss but for the rounding of scale and offset to f32.
 */
export function splitQ4_K(bytes: Uint8Array, shape: RowShape): BlockSlab {
  const slab = allocateSlab(shape, { bits: 4, blockSize: 32 })
  const { data, scales } = slab
  const offsets = new Float32Array(scales.length)
  const groupScales = new Uint8Array(2 * GROUPS)
  for (let block = 0, at = 0; block < scales.length; block += GROUPS, at += SUPER_BLOCK_BYTES) {
    const d = HALF_VALUES[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number
    const dmin = HALF_VALUES[(bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8)] as number
    unpackKScales(bytes, at + 4, groupScales)
    for (let group = 0; group < GROUPS; group++) {
      const scale = d * (groupScales[group] as number)
      scales[block + group] = scale
      offsets[block + group] = 8 * scale - dmin * (groupScales[GROUPS + group] as number)
    }
    for (let pair = 0; pair < GROUPS / 2; pair++) {
      splitPair(bytes.subarray(at + 16 + pair * 32), data, (block + 2 * pair) * 16)
    }
  }
  return { ...slab, offsets }
}

/** Turns 32 bytes that hold one group low and the next one high into two groups of neighbouring elements, 16 bytes each. */
function splitPair(bytes: Uint8Array, out: Uint8Array, to: number): void {
  for (let j = 0; j < 16; j++) {
    const even = bytes[2 * j] as number
    const odd = bytes[2 * j + 1] as number
    out[to + j] = (even & 15) | ((odd & 15) << 4)
    out[to + 16 + j] = (even >> 4) | (odd & 0xf0)
  }
}
