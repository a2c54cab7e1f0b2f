import type { ModelConfig, PackedPart } from '@shardline/model'
import type { Graph } from '../ort/session.ts'
import { GraphBuilder } from './graph-builder.ts'
import { matrixOf, vectorOf } from './layer-weights.ts'
import { addRmsNorm } from './norm.ts'
import { addProjection } from './projection.ts'

/** Names of the head's ports. */
export const headPorts = { hidden: 'hidden', logits: 'logits' } as const

/** Builds the graph of final norm and LM head: `[1, rows, hidden]` in, `[1, rows, vocabulary]` out. */
export function buildHeadGraph(config: ModelConfig, part: PackedPart): Graph {
  const graph = new GraphBuilder()
  const x = graph.input(headPorts.hidden, 'f32', [1, 'rows', config.hiddenSize])
  const normed = addRmsNorm(graph, x, {
    name: vectorOf(part, 'outputNorm'),
    size: config.hiddenSize,
    epsilon: config.normEpsilon,
  })
  addProjection(graph, normed, { ...matrixOf(part, 'head'), output: headPorts.logits })
  graph.output(headPorts.logits, 'f32', [1, 'rows', config.vocabularySize])
  return graph.build('head')
}
