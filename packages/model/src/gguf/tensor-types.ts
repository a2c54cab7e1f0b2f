import type { TensorDtype } from '../checkpoint.ts'

/** Tensor types of GGUF by their number: those that Shardline reads. */
export const GGUF_DTYPES: ReadonlyMap<number, TensorDtype> = new Map<number, TensorDtype>([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [30, 'BF16'],
])

const OTHER_NAMES: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
])

/** A type's name for messages. */
export function ggufTypeName(type: number): string {
  return GGUF_DTYPES.get(type) ?? OTHER_NAMES.get(type) ?? `number ${type}`
}

/** The number of a type. */
export function ggufTypeNumber(dtype: TensorDtype): number {
  for (const [type, name] of GGUF_DTYPES) if (name === dtype) return type
  return -1
}
