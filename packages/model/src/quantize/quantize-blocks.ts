import type { BlockShape, BlockSlab, RowShape } from './block-slab.ts'
import { allocateSlab, blocksPerRow } from './block-slab.ts'
import { quantizeBlock4 } from './quantize-block-4.ts'
import { quantizeBlock8 } from './quantize-block-8.ts'

/**
 * Quantizes f32 rows into symmetric blocks. A row that is no whole number of blocks is filled up with zeros.
 *
 * @param values `[rows, inputs]`, all finite.
 */
export function quantizeBlocks(values: Float32Array, shape: RowShape, block: BlockShape): BlockSlab {
  const slab = allocateSlab(shape, block)
  const { blockSize, bits } = block
  const blocks = blocksPerRow(shape.inputs, blockSize)
  const blockBytes = (blockSize * bits) / 8
  const quantize = bits === 4 ? quantizeBlock4 : quantizeBlock8
  const filled = new Float32Array(blockSize)
  for (let row = 0, index = 0; row < shape.rows; row++) {
    for (let b = 0; b < blocks; b++, index++) {
      const from = row * shape.inputs + b * blockSize
      const count = Math.min(blockSize, shape.inputs - b * blockSize)
      const out = slab.data.subarray(index * blockBytes, (index + 1) * blockBytes)
      if (count === blockSize) slab.scales[index] = quantize(values.subarray(from, from + blockSize), out)
      else {
        filled.fill(0).set(values.subarray(from, from + count))
        slab.scales[index] = quantize(filled, out)
      }
    }
  }
  return slab
}
