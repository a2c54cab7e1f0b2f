import type { TensorEntry } from '../checkpoint.ts'
import { TENSOR_FORMATS } from '../format/registry.ts'
import type { BlockSlab, RowShape } from '../quantize/block-slab.ts'
import { quantizeBlocks } from '../quantize/quantize-blocks.ts'
import { repackQ4_0 } from '../quantize/repack-q4-0.ts'
import { repackQ8_0 } from '../quantize/repack-q8-0.ts'
import { splitQ4_1 } from '../quantize/split-q4-1.ts'
import { splitQ4_K } from '../quantize/split-q4-k.ts'
import type { MatrixForm } from './matrix-form.ts'
import { checkFinite } from './read-rows.ts'

/**
 * Turns rows as the file has them into blocks: without loss where the form allows it, else through f32.
 *
 * @throws TensorNotFiniteError.
 */
export function blockRows(
  bytes: Uint8Array,
  rows: { readonly entry: TensorEntry; readonly shape: RowShape },
  form: Extract<MatrixForm, { kind: 'blocks' }>,
): BlockSlab {
  const { entry, shape } = rows
  const kept = keepBlocks(bytes, rows, form)
  if (kept === undefined) return quantizeBlocks(floatRows(bytes, entry, shape), shape, form)
  checkFinite(kept.scales, entry.name)
  if (kept.offsets !== undefined) checkFinite(kept.offsets, entry.name)
  return kept
}

function keepBlocks(
  bytes: Uint8Array,
  { entry, shape }: { readonly entry: TensorEntry; readonly shape: RowShape },
  form: Extract<MatrixForm, { kind: 'blocks' }>,
): BlockSlab | undefined {
  if (form.hasOffsets) return entry.dtype === 'Q4_K' ? splitQ4_K(bytes, shape) : splitQ4_1(bytes, shape)
  if (form.blockSize !== 32) return undefined
  if (entry.dtype === 'Q4_0') return repackQ4_0(bytes, shape, form.bits)
  if (entry.dtype === 'Q8_0' && form.bits === 8) return repackQ8_0(bytes, shape)
  return undefined
}

/** Rows as f32 `[rows, inputs]`. @throws TensorNotFiniteError. */
export function floatRows(bytes: Uint8Array, entry: TensorEntry, shape: RowShape): Float32Array {
  const values = new Float32Array(shape.rows * shape.inputs)
  TENSOR_FORMATS[entry.dtype].dequantize(bytes, values)
  checkFinite(values, entry.name)
  return values
}
