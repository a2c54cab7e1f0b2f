import type { ModelConfig, PackedPart } from '@shardline/model'
import type { GraphBuilder } from './graph-builder.ts'
import { CONTRIB_DOMAIN } from './graph-builder.ts'
import { hasMatrix, matrixOf, vectorOf } from './layer-weights.ts'
import { addRmsNorm } from './norm.ts'
import { addProjection } from './projection.ts'

/** Names of the inputs that all layers of a stage share. `B` is the number of branches, one for each session in the run. */
export interface AttentionInputs {
  readonly branches: number
  /** i64 `[rows + B]`: for each branch its rows, then its last row once more. */
  readonly padIndex: string
  /** i64 `[B]`: rows of each branch, the one more included. */
  readonly padSizes: string
  /** i64 `[rows]`: where the rows are among the padded ones. */
  readonly keepIndex: string
  /** f32 `[positions, headSize / 2]`. */
  readonly cos: string
  readonly sin: string
}

/** What one layer's attention is made from. */
export interface AttentionInit {
  readonly part: PackedPart
  readonly layer: number
  readonly config: ModelConfig
  readonly inputs: AttentionInputs
}

/** Names of a branch's ports. */
export const branchPorts = {
  /** i32 `[1]`: tokens in the cache after the run, the one more included, less one. */
  lastPosition: (branch: number): string => `last_position.${branch}`,
  /** i32 `[1]`: tokens in the cache after the run, the one more included. */
  totalLength: (branch: number): string => `total_length.${branch}`,
  /** f32 `[1, kvHeads, capacity, headSize]`, bound as input and output: the cache is updated in place. */
  cacheIn: (kind: 'key' | 'value', layer: number, branch: number): string => `${kind}.${layer}.${branch}`,
  cacheOut: (kind: 'key' | 'value', layer: number, branch: number): string =>
    `${kind}_out.${layer}.${branch}`,
}

/**
 * Adds grouped-query attention over all branches, `[1, rows, hidden]` in and out.
 *
 * Each branch is one sequence with its own cache. A branch's rows are followed by a copy of its last row, which is taken
 * off again behind the attention: the kernel has a different path for a single query row, and with two rows at the least
 * a token's result is the same however the sequence was cut into runs. The copy's key and value land one past the end
 * and are overwritten by the next run.
 */
export function addAttention(graph: GraphBuilder, x: string, init: AttentionInit): string {
  const { part, inputs } = init
  const padded = graph.apply('Gather', [addQkv(graph, x, init), inputs.padIndex], { ints: { axis: 1 } })
  const rows = splitBranches(graph, padded, inputs)
  const outputs = rows.map((name, branch) => addBranch(graph, name, { ...init, branch }))
  const joined =
    outputs.length === 1 ? (outputs[0] ?? '') : graph.apply('Concat', outputs, { ints: { axis: 1 } })
  const kept = graph.apply('Gather', [joined, inputs.keepIndex], { ints: { axis: 1 } })
  return addProjection(graph, kept, matrixOf(part, 'attentionOutput'))
}

function splitBranches(graph: GraphBuilder, padded: string, inputs: AttentionInputs): readonly string[] {
  if (inputs.branches === 1) return [padded]
  const outputs = Array.from({ length: inputs.branches }, () => graph.name('branch'))
  graph.node({ op: 'Split', inputs: [padded, inputs.padSizes], outputs, ints: { axis: 1 } })
  return outputs
}

function addBranch(
  graph: GraphBuilder,
  qkv: string,
  init: AttentionInit & { readonly branch: number },
): string {
  const { config, layer, branch, inputs } = init
  const shape = [1, config.kvHeadCount, `capacity.${branch}`, config.headSize]
  const keyIn = graph.input(branchPorts.cacheIn('key', layer, branch), 'f32', shape)
  const valueIn = graph.input(branchPorts.cacheIn('value', layer, branch), 'f32', shape)
  const keyOut = branchPorts.cacheOut('key', layer, branch)
  const valueOut = branchPorts.cacheOut('value', layer, branch)
  graph.output(keyOut, 'f32', shape)
  graph.output(valueOut, 'f32', shape)
  const attended = graph.name('attended')
  graph.node({
    op: 'GroupQueryAttention',
    domain: CONTRIB_DOMAIN,
    inputs: [
      qkv,
      '',
      '',
      keyIn,
      valueIn,
      branchPorts.lastPosition(branch),
      branchPorts.totalLength(branch),
      inputs.cos,
      inputs.sin,
    ],
    outputs: [attended, keyOut, valueOut],
    ints: { num_heads: config.headCount, kv_num_heads: config.kvHeadCount, do_rotary: 1 },
  })
  return attended
}

/** Adds the projections to `[1, rows, (heads + 2 kvHeads) headSize]`, with q and k normed per head where the model does. */
function addQkv(graph: GraphBuilder, x: string, init: AttentionInit): string {
  const { part, config } = init
  if (hasMatrix(part, 'qkv') && !config.hasQkNorm) return addProjection(graph, x, matrixOf(part, 'qkv'))
  const [q, k, v] = addSeparateQkv(graph, x, init)
  const normed = config.hasQkNorm
    ? [
        addHeadNorm(graph, q, { ...init, role: 'qNorm' }),
        addHeadNorm(graph, k, { ...init, role: 'kNorm' }),
        v,
      ]
    : [q, k, v]
  return graph.apply('Concat', normed, { ints: { axis: 2 } })
}

function addSeparateQkv(
  graph: GraphBuilder,
  x: string,
  init: AttentionInit,
): readonly [string, string, string] {
  const { part, config } = init
  if (!hasMatrix(part, 'qkv')) {
    return [
      addProjection(graph, x, matrixOf(part, 'q')),
      addProjection(graph, x, matrixOf(part, 'k')),
      addProjection(graph, x, matrixOf(part, 'v')),
    ]
  }
  const kvSize = config.kvHeadCount * config.headSize
  const sizes = graph.integers([config.headCount * config.headSize, kvSize, kvSize])
  const names = [graph.name('q'), graph.name('k'), graph.name('v')] as const
  const fused = addProjection(graph, x, matrixOf(part, 'qkv'))
  graph.node({ op: 'Split', inputs: [fused, sizes], outputs: names, ints: { axis: 2 } })
  return names
}

function addHeadNorm(
  graph: GraphBuilder,
  x: string,
  init: AttentionInit & { readonly role: 'qNorm' | 'kNorm' },
): string {
  const { config, part, role } = init
  const heads = role === 'qNorm' ? config.headCount : config.kvHeadCount
  const split = graph.apply('Reshape', [x, graph.integers([1, -1, heads, config.headSize])])
  const normed = addRmsNorm(graph, split, {
    name: vectorOf(part, role),
    size: config.headSize,
    epsilon: config.normEpsilon,
  })
  return graph.apply('Reshape', [normed, graph.integers([1, -1, heads * config.headSize])])
}
