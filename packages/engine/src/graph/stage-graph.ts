import type { ModelConfig, PackedPart } from '@shardline/model'
import { ShardIncompleteError } from '../errors.ts'
import type { Graph } from '../ort/session.ts'
import { addAttention, branchPorts } from './attention.ts'
import type { AttentionInputs } from './attention.ts'
import { addFeedForward } from './feed-forward.ts'
import { GraphBuilder } from './graph-builder.ts'
import { vectorOf } from './layer-weights.ts'
import { addRmsNorm } from './norm.ts'

/** What a stage's graph is made from. */
export interface StageGraphInit {
  readonly config: ModelConfig
  /** The layers' parts, in order. */
  readonly parts: readonly PackedPart[]
  /** Sessions that one run takes. */
  readonly branches: number
  /** Rows of the rotary tables. */
  readonly positions: number
}

/** Names of the ports that don't belong to one branch. */
export const stagePorts = {
  hidden: 'hidden',
  output: 'output',
  padIndex: 'pad_index',
  padSizes: 'pad_sizes',
  keepIndex: 'keep_index',
  cos: 'rotary.cos',
  sin: 'rotary.sin',
} as const

/**
 * Builds the graph of a contiguous range of layers for a number of branches: `[1, rows, hidden]` in and out.
 *
 * Nothing is computed across the border of two layers, so that a cut between any two changes no bit.
 */
export function buildStageGraph(init: StageGraphInit): Graph {
  const { config, parts, branches } = init
  const graph = new GraphBuilder()
  const inputs = addInputs(graph, init)
  let x = graph.input(stagePorts.hidden, 'f32', [1, 'rows', config.hiddenSize])
  for (const [index, part] of parts.entries()) {
    const output = index === parts.length - 1 ? stagePorts.output : graph.name('hidden')
    x = addLayer(graph, x, { part, config, inputs, output })
  }
  graph.output(stagePorts.output, 'f32', [1, 'rows', config.hiddenSize])
  return graph.build(`stage.${branches}`)
}

interface LayerInit {
  readonly part: PackedPart
  readonly config: ModelConfig
  readonly inputs: AttentionInputs
  /** Name of the layer's result. */
  readonly output: string
}

/** Adds one transformer layer (Llama block): norm, attention, residual, norm, feed-forward, residual. */
function addLayer(graph: GraphBuilder, x: string, layer: LayerInit): string {
  const { part, config, inputs, output } = layer
  if (part.part.kind !== 'layer') throw new ShardIncompleteError('a layer where another part stands')
  const norm = { size: config.hiddenSize, epsilon: config.normEpsilon }
  const normed = addRmsNorm(graph, x, { ...norm, name: vectorOf(part, 'attentionNorm') })
  const attended = addAttention(graph, normed, { part, layer: part.part.layer, config, inputs })
  const middle = graph.apply('Add', [x, attended])
  const middleNormed = addRmsNorm(graph, middle, { ...norm, name: vectorOf(part, 'feedForwardNorm') })
  return graph.apply('Add', [middle, addFeedForward(graph, middleNormed, { part, config })], { output })
}

function addInputs(graph: GraphBuilder, init: StageGraphInit): AttentionInputs {
  const { config, branches, positions } = init
  for (let branch = 0; branch < branches; branch++) {
    graph.input(branchPorts.lastPosition(branch), 'i32', [1])
    graph.input(branchPorts.totalLength(branch), 'i32', [1])
  }
  if (branches > 1) graph.input(stagePorts.padSizes, 'i64', [branches])
  return {
    branches,
    padIndex: graph.input(stagePorts.padIndex, 'i64', ['padded_rows']),
    padSizes: stagePorts.padSizes,
    keepIndex: graph.input(stagePorts.keepIndex, 'i64', ['rows']),
    cos: graph.weight(stagePorts.cos, 'f32', [positions, config.headSize / 2]),
    sin: graph.weight(stagePorts.sin, 'f32', [positions, config.headSize / 2]),
  }
}
