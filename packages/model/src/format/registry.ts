import type { TensorDtype } from '../checkpoint.ts'
import { bf16 } from './bf16.ts'
import { f16 } from './f16.ts'
import { f32 } from './f32.ts'
import { q4_0 } from './q4-0.ts'
import { q4_1 } from './q4-1.ts'
import { q4_k } from './q4-k.ts'
import { q5_0 } from './q5-0.ts'
import { q5_1 } from './q5-1.ts'
import { q5_k } from './q5-k.ts'
import { q6_k } from './q6-k.ts'
import { q8_0 } from './q8-0.ts'
import type { TensorFormat } from './tensor-format.ts'

/** Every format that tensors can have, by its name. */
export const TENSOR_FORMATS: Readonly<Record<TensorDtype, TensorFormat>> = {
  F32: f32,
  F16: f16,
  BF16: bf16,
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
}

/** Names of all formats. */
export const TENSOR_DTYPES: readonly TensorDtype[] = Object.values(TENSOR_FORMATS).map(({ dtype }) => dtype)
