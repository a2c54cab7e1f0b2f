import type { TensorDtype } from '../checkpoint.ts'
import type { PackingRules } from './packing-options.ts'

/** How a matrix is held. */
export type MatrixForm =
  | { readonly kind: 'dense' }
  | {
      readonly kind: 'blocks'
      readonly bits: 4 | 8
      readonly blockSize: number
      readonly hasOffsets: boolean
    }

const DENSE: MatrixForm = { kind: 'dense' }

/** Elements of a block in the formats that are repacked without loss. */
const GGUF_BLOCK_SIZE = 32

/**
 * How a tensor of type `dtype` is held under `rules`. Where the file's own blocks fit, they are kept: Q4_0 and Q8_0 lose
 * nothing, and Q4_1 and Q4_K nothing when they are split.
 */
export function matrixForm(dtype: TensorDtype, rules: PackingRules): MatrixForm {
  const { precision } = rules
  if (precision === 'f32' || (precision === 'auto' && dtype === 'F32')) return DENSE
  const isKept4 = dtype === 'Q4_0' && precision !== 'int8'
  const hasMinimum = dtype === 'Q4_1' || dtype === 'Q4_K'
  const isSplit = hasMinimum && precision !== 'int8' && rules.minimums === 'split'
  if (isKept4 || isSplit) return { kind: 'blocks', bits: 4, blockSize: GGUF_BLOCK_SIZE, hasOffsets: isSplit }
  if (precision === 'int4') return { kind: 'blocks', bits: 4, blockSize: rules.blockSize4, hasOffsets: false }
  const isKept8 = dtype === 'Q8_0' || dtype === 'Q4_0'
  const blockSize = isKept8 ? GGUF_BLOCK_SIZE : rules.blockSize8
  return { kind: 'blocks', bits: 8, blockSize, hasOffsets: false }
}

/** Whether matrices of these forms can be laid row under row. */
export function isSameForm(a: MatrixForm, b: MatrixForm): boolean {
  if (a.kind === 'dense' || b.kind === 'dense') return a.kind === b.kind
  return a.bits === b.bits && a.blockSize === b.blockSize && a.hasOffsets === b.hasOffsets
}
