import type { Precision, RoleTensor, TensorDtype } from '@shardline/model'

const FLOAT_BYTES = 4
/** Elements of a block that the file has already, or of a 4-bit one that is made at packing. */
const FILE_BLOCK = 32
/** Elements of an 8-bit block that is made at packing. */
const MADE_BLOCK_8 = 64

/**
 * Bytes that packing makes of tensors, before any is packed: matrices as 4-bit or 8-bit blocks with one float of scale each,
 * or as floats; vectors as floats. Within a few percent of the packed file, which aligns its arrays; a test holds it to that.
 */
export function packedBytes(tensors: readonly RoleTensor[], precision: Precision): number {
  return tensors.reduce((sum, { entry }) => {
    const elements = entry.shape.reduce((product, size) => product * size, 1)
    const isVector = entry.shape.length < 2
    return sum + Math.ceil(elements * (isVector ? FLOAT_BYTES : bytesPerWeight(entry.dtype, precision)))
  }, 0)
}

function bytesPerWeight(dtype: TensorDtype, precision: Precision): number {
  if (precision === 'f32' || (precision === 'auto' && dtype === 'F32')) return FLOAT_BYTES
  const hasMinimum = dtype === 'Q4_1' || dtype === 'Q4_K'
  const isFourBit = precision === 'int4' || (precision === 'auto' && (hasMinimum || dtype === 'Q4_0'))
  // A block with a minimum has a second float.
  if (isFourBit) return 0.5 + ((hasMinimum ? 2 : 1) * FLOAT_BYTES) / FILE_BLOCK
  return 1 + FLOAT_BYTES / (dtype === 'Q8_0' || dtype === 'Q4_0' ? FILE_BLOCK : MADE_BLOCK_8)
}
