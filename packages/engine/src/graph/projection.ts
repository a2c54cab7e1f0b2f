import type { PackedMatrix } from '@shardline/model'
import type { GraphBuilder } from './graph-builder.ts'
import { CONTRIB_DOMAIN } from './graph-builder.ts'

/** MatMulNBits computes with 8-bit activations at this level; level 1 (32-bit floats) was measured 2 to 7 times slower. */
const ACCURACY_LEVEL_INT8 = 4

/** A matrix under the name prefix that its arrays have in the weight store. */
export interface NamedMatrix {
  readonly name: string
  readonly matrix: PackedMatrix
  /** Name of the bias vector in the weight store, if there is one. */
  readonly bias: string | undefined
}

/**
 * Adds `x W^T (+ bias)`: `[1, rows, inputs]` in, `[1, rows, outputs]` out. Each row's result depends on that row alone.
 * The result is called `output`, or gets a fresh name.
 */
export function addProjection(
  graph: GraphBuilder,
  x: string,
  projection: NamedMatrix & { readonly output?: string },
): string {
  const { bias, matrix, output } = projection
  if (bias === undefined) return addProduct(graph, x, projection)
  const product = addProduct(graph, x, { ...projection, output: graph.name('product') })
  return graph.apply('Add', [product, graph.weight(bias, 'f32', [matrix.outputs])], named(output))
}

function addProduct(
  graph: GraphBuilder,
  x: string,
  projection: NamedMatrix & { readonly output?: string },
): string {
  const { name, matrix, output } = projection
  if (matrix.kind === 'dense') {
    return graph.apply('MatMul', [x, graph.weight(`${name}.data`, 'f32', matrix.data.shape)], named(output))
  }
  if (matrix.offsets === undefined) return addBlockProduct(graph, x, { name, matrix, ...named(output) })
  const product = addBlockProduct(graph, x, { name, matrix })
  const offsets = graph.weight(`${name}.offsets`, 'f32', matrix.offsets.shape)
  const sums = addBlockSums(graph, x, matrix)
  return graph.apply('Add', [product, graph.apply('MatMul', [sums, offsets])], named(output))
}

interface BlockProduct {
  readonly name: string
  readonly matrix: PackedMatrix & { readonly kind: 'blocks' }
  readonly output?: string
}

function addBlockProduct(graph: GraphBuilder, x: string, product: BlockProduct): string {
  const { name, matrix, output } = product
  const data = graph.weight(`${name}.data`, 'u8', matrix.data.shape)
  const scales = graph.weight(`${name}.scales`, 'f32', matrix.scales.shape)
  return graph.apply('MatMulNBits', [x, data, scales], {
    ...named(output),
    domain: CONTRIB_DOMAIN,
    ints: {
      K: matrix.inputs,
      N: matrix.outputs,
      bits: matrix.bits,
      block_size: matrix.blockSize,
      accuracy_level: ACCURACY_LEVEL_INT8,
    },
  })
}

/** Adds the sums of x over each block, `[1, rows, blocks]`: what the offsets of a matrix with offsets are multiplied with. */
function addBlockSums(
  graph: GraphBuilder,
  x: string,
  matrix: { readonly inputs: number; readonly blockSize: number },
): string {
  const blocks = matrix.inputs / matrix.blockSize
  const grouped = graph.apply('Reshape', [x, graph.integers([1, -1, blocks, matrix.blockSize])])
  return graph.apply('ReduceSum', [grouped, graph.integers([3])], { ints: { keepdims: 0 } })
}

function named(output: string | undefined): { readonly output?: string } {
  return output === undefined ? {} : { output }
}
