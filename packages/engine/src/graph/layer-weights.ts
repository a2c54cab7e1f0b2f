import type { MatrixRole, PackedPart, VectorRole } from '@shardline/model'
import { ShardIncompleteError } from '../errors.ts'
import type { NamedMatrix } from './projection.ts'

/** Name prefix of a part's arrays in the weight store. */
export function partName(part: PackedPart['part']): string {
  return part.kind === 'layer' ? `layer.${part.layer}` : part.kind
}

/** The biases that belong to matrices, where a model has them. */
const BIAS_OF: Readonly<Record<MatrixRole, VectorRole | undefined>> = {
  qkv: 'qkvBias',
  q: 'qBias',
  k: 'kBias',
  v: 'vBias',
  attentionOutput: 'attentionOutputBias',
  gateUp: 'gateUpBias',
  gate: 'gateBias',
  up: 'upBias',
  down: 'downBias',
  head: undefined,
}

/** Whether the part holds a matrix of this role. */
export function hasMatrix(part: PackedPart, role: MatrixRole): boolean {
  return part.matrices.has(role)
}

/** A matrix of a part under its name in the weight store. @throws ShardIncompleteError. */
export function matrixOf(part: PackedPart, role: MatrixRole): NamedMatrix {
  const matrix = part.matrices.get(role)
  if (matrix === undefined) throw new ShardIncompleteError(`${partName(part.part)}.${role}`)
  const biasRole = BIAS_OF[role]
  const hasBias = biasRole !== undefined && part.vectors.has(biasRole)
  return {
    name: `${partName(part.part)}.${role}`,
    matrix,
    bias: hasBias ? `${partName(part.part)}.${biasRole}` : undefined,
  }
}

/** The name of a vector of a part in the weight store. @throws ShardIncompleteError. */
export function vectorOf(part: PackedPart, role: VectorRole): string {
  if (!part.vectors.has(role)) throw new ShardIncompleteError(`${partName(part.part)}.${role}`)
  return `${partName(part.part)}.${role}`
}
