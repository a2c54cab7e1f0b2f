import type { PackedArray, PackedMatrix, PackedPart } from '@shardline/model'
import { partName } from './graph/layer-weights.ts'
import { MappedFile } from './ort/mapped-file.ts'
import { Tensor } from './ort/tensor.ts'
import { WeightStore } from './ort/weight-store.ts'

/** Maps packed parts and names their arrays as graphs do. The store owns the mappings. */
export function loadWeights(parts: readonly PackedPart[]): WeightStore {
  const store = new WeightStore()
  for (const part of parts) {
    const file = new MappedFile(part.path)
    store.addFile(file)
    const prefix = partName(part.part)
    for (const [role, matrix] of part.matrices) {
      for (const [suffix, array] of arraysOf(matrix))
        addArray(store, file, { name: `${prefix}.${role}.${suffix}`, array })
    }
    for (const [role, array] of part.vectors) addArray(store, file, { name: `${prefix}.${role}`, array })
  }
  return store
}

function arraysOf(matrix: PackedMatrix): readonly (readonly [string, PackedArray])[] {
  if (matrix.kind === 'dense') return [['data', matrix.data]]
  const arrays: (readonly [string, PackedArray])[] = [
    ['data', matrix.data],
    ['scales', matrix.scales],
  ]
  if (matrix.offsets !== undefined) arrays.push(['offsets', matrix.offsets])
  return arrays
}

function addArray(
  store: WeightStore,
  file: MappedFile,
  entry: { readonly name: string; readonly array: PackedArray },
): void {
  const { dtype, shape, offset, byteLength } = entry.array
  store.add(entry.name, Tensor.overFile(dtype, shape, { file, offset, byteLength }))
}
