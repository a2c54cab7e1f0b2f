import { assert, unreachable } from '@shardline/core'
import type { Checkpoint, RoleTensor } from '../checkpoint.ts'
import type { LayerTensorRole } from '../families/tensor-roles.ts'
import type { MatrixRole, PackedArray, PackedMatrix, PartId, VectorRole } from '../packed-shard.ts'
import { blocksPerRow } from '../quantize/block-slab.ts'
import type { MatrixForm } from './matrix-form.ts'
import { isSameForm, matrixForm } from './matrix-form.ts'
import type { PackingRules } from './packing-options.ts'
import type { MatrixPlan, PartPlan, VectorPlan } from './part-plan.ts'

/** Arrays begin at multiples of this, the widest vector registers' size. */
export const ARRAY_ALIGNMENT_BYTES = 64

/** Projections that share their input and so can be one: the fused role, its pieces, and the same for their biases. */
interface Fusion {
  readonly role: MatrixRole
  readonly bias: VectorRole
  readonly pieces: readonly {
    readonly role: LayerTensorRole & MatrixRole
    readonly bias: LayerTensorRole & VectorRole
  }[]
}

const FUSIONS: readonly Fusion[] = [
  {
    role: 'qkv',
    bias: 'qkvBias',
    pieces: [
      { role: 'q', bias: 'qBias' },
      { role: 'k', bias: 'kBias' },
      { role: 'v', bias: 'vBias' },
    ],
  },
  {
    role: 'gateUp',
    bias: 'gateUpBias',
    pieces: [
      { role: 'gate', bias: 'gateBias' },
      { role: 'up', bias: 'upBias' },
    ],
  },
]

const ALONE: readonly (LayerTensorRole & MatrixRole)[] = ['attentionOutput', 'down']

const VECTORS: readonly (LayerTensorRole & VectorRole)[] = [
  'attentionNorm',
  'feedForwardNorm',
  'qNorm',
  'kNorm',
  'attentionOutputBias',
  'downBias',
]

/** Lays out one part. The same checkpoint and rules give the same plan on every machine. */
export function planPart(checkpoint: Checkpoint, part: PartId, rules: PackingRules): PartPlan {
  const layout = new Layout(part, rules)
  switch (part.kind) {
    case 'layer':
      planLayer(checkpoint, part.layer, layout)
      return layout.finish()
    case 'head':
      layout.matrix('head', [checkpoint.roles.head])
      layout.vector('outputNorm', [checkpoint.roles.outputNorm])
      return layout.finish()
    case 'embedding':
      assert(false, 'embedding rows are read from the checkpoint and never packed')
      return layout.finish()
    default:
      return unreachable(part)
  }
}

function planLayer(checkpoint: Checkpoint, layer: number, layout: Layout): void {
  const tensors = checkpoint.roles.layers[layer]
  assert(tensors !== undefined, `the model has no layer ${layer}`)
  const tensor = (role: LayerTensorRole): RoleTensor => {
    const found = tensors.get(role)
    assert(found !== undefined, `layer ${layer} has no ${role}`)
    return found
  }
  for (const fusion of FUSIONS) {
    const pieces = fusion.pieces.map(({ role }) => tensor(role))
    const biases = fusion.pieces.filter(({ bias }) => tensors.has(bias)).map(({ bias }) => tensor(bias))
    if (layout.isFusible(pieces)) {
      layout.matrix(fusion.role, pieces)
      if (biases.length > 0) layout.vector(fusion.bias, biases)
    } else {
      for (const { role } of fusion.pieces) layout.matrix(role, [tensor(role)])
      for (const { bias } of fusion.pieces) if (tensors.has(bias)) layout.vector(bias, [tensor(bias)])
    }
  }
  for (const role of ALONE) layout.matrix(role, [tensor(role)])
  for (const role of VECTORS) if (tensors.has(role)) layout.vector(role, [tensor(role)])
}

/** Places arrays one after the other. */
class Layout {
  readonly #part: PartId
  readonly #rules: PackingRules
  readonly #matrices: MatrixPlan[] = []
  readonly #vectors: VectorPlan[] = []
  #dataBytes = 0
  #sourceBytes = 0

  constructor(part: PartId, rules: PackingRules) {
    this.#part = part
    this.#rules = rules
  }

  isFusible(pieces: readonly RoleTensor[]): boolean {
    const forms = pieces.map((piece) => matrixForm(piece.entry.dtype, this.#rules))
    return forms.every((form) => isSameForm(form, forms[0] ?? form))
  }

  matrix(role: MatrixRole, pieces: readonly RoleTensor[]): void {
    const [first] = pieces
    assert(first !== undefined, `the matrix ${role} has no pieces`)
    const form = matrixForm(first.entry.dtype, this.#rules)
    const outputs = pieces.reduce((sum, { entry }) => sum + (entry.shape[0] ?? 0), 0)
    const inputs = first.entry.shape[1] ?? 0
    this.#countSource(pieces)
    this.#matrices.push({ role, form, pieces, packed: this.#placeMatrix(form, outputs, inputs) })
  }

  vector(role: VectorRole, pieces: readonly RoleTensor[]): void {
    const length = pieces.reduce((sum, { entry }) => sum + (entry.shape[0] ?? 0), 0)
    this.#countSource(pieces)
    this.#vectors.push({ role, pieces, array: this.#place('f32', [length]) })
  }

  finish(): PartPlan {
    return {
      part: this.#part,
      matrices: this.#matrices,
      vectors: this.#vectors,
      dataBytes: this.#dataBytes,
      sourceBytes: this.#sourceBytes,
    }
  }

  #placeMatrix(form: MatrixForm, outputs: number, inputs: number): PackedMatrix {
    if (form.kind === 'dense')
      return { kind: 'dense', outputs, inputs, data: this.#place('f32', [inputs, outputs]) }
    const { bits, blockSize } = form
    const blocks = blocksPerRow(inputs, blockSize)
    return {
      kind: 'blocks',
      outputs,
      inputs,
      bits,
      blockSize,
      data: this.#place('u8', [outputs, blocks, (blockSize * bits) / 8]),
      scales: this.#place('f32', [outputs * blocks]),
      offsets: form.hasOffsets ? this.#place('f32', [blocks, outputs]) : undefined,
    }
  }

  #place(dtype: 'u8' | 'f32', shape: readonly number[]): PackedArray {
    const byteLength = shape.reduce((product, size) => product * size, dtype === 'u8' ? 1 : 4)
    const offset = alignUp(this.#dataBytes)
    this.#dataBytes = offset + byteLength
    return { dtype, shape, offset, byteLength }
  }

  #countSource(pieces: readonly RoleTensor[]): void {
    for (const { entry } of pieces) this.#sourceBytes += entry.byteLength
  }
}

/** The next multiple of {@link ARRAY_ALIGNMENT_BYTES}. */
export function alignUp(offset: number): number {
  return Math.ceil(offset / ARRAY_ALIGNMENT_BYTES) * ARRAY_ALIGNMENT_BYTES
}
