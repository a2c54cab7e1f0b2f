import type { RoleTensor } from '../checkpoint.ts'
import type { MatrixRole, PackedArray, PackedMatrix, PartId, VectorRole } from '../packed-shard.ts'
import type { MatrixForm } from './matrix-form.ts'

/** A matrix to pack: the rows of its pieces, one under the other. */
export interface MatrixPlan {
  readonly role: MatrixRole
  readonly form: MatrixForm
  readonly pieces: readonly RoleTensor[]
  /** Where it goes. */
  readonly packed: PackedMatrix
}

/** A vector to pack: its pieces, one after the other. */
export interface VectorPlan {
  readonly role: VectorRole
  readonly pieces: readonly RoleTensor[]
  readonly array: PackedArray
}

/** What a packed part will hold and where, before a single weight is read. Offsets count from the first array. */
export interface PartPlan {
  readonly part: PartId
  readonly matrices: readonly MatrixPlan[]
  readonly vectors: readonly VectorPlan[]
  /** Bytes of all arrays with the gaps between them. */
  readonly dataBytes: number
  /** Bytes that are read from the checkpoint. */
  readonly sourceBytes: number
}
