import type { Checkpoint, Precision, TensorDtype } from '@shardline/model'

/** How a market names what each kind of tensor is held as where nothing else was asked for. */
const AS_IT_IS: Readonly<Record<TensorDtype, string>> = {
  F32: 'f32',
  F16: 'int8',
  BF16: 'int8',
  Q4_0: 'q4_0',
  Q4_1: 'q4_1',
  Q5_0: 'int8',
  Q5_1: 'int8',
  Q8_0: 'q8_0',
  Q4_K: 'q4_k',
  Q5_K: 'int8',
  Q6_K: 'int8',
}

/** How weights are held, as a market names it: by what most of the layers' bytes are. */
export function quantizationOf(checkpoint: Pick<Checkpoint, 'roles'>, precision: Precision): string {
  if (precision !== 'auto') return precision
  const bytes = new Map<TensorDtype, number>()
  for (const layer of checkpoint.roles.layers) {
    for (const { entry } of layer.values()) {
      bytes.set(entry.dtype, (bytes.get(entry.dtype) ?? 0) + entry.byteLength)
    }
  }
  const [most] = [...bytes].toSorted(([, one], [, other]) => other - one)
  return AS_IT_IS[most?.[0] ?? 'F32']
}
