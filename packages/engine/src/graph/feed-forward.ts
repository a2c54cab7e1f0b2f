import type { ModelConfig, PackedPart } from '@shardline/model'
import type { GraphBuilder } from './graph-builder.ts'
import { CONTRIB_DOMAIN } from './graph-builder.ts'
import { hasMatrix, matrixOf } from './layer-weights.ts'
import { addProjection } from './projection.ts'

/** Adds a gated feed-forward part (Shazeer 2020, SwiGLU): `down(silu(gate(x)) * up(x))`, `[1, rows, hidden]` in and out. */
export function addFeedForward(
  graph: GraphBuilder,
  x: string,
  layer: { readonly part: PackedPart; readonly config: ModelConfig },
): string {
  const { part, config } = layer
  const { gate, up } = addGateAndUp(graph, x, { part, size: config.feedForwardSize })
  // QuickGelu is x * sigmoid(alpha * x); with alpha 1 that is SiLU, in one operator.
  const activated = graph.apply('QuickGelu', [gate], { domain: CONTRIB_DOMAIN, floats: { alpha: 1 } })
  return addProjection(graph, graph.apply('Mul', [activated, up]), matrixOf(part, 'down'))
}

function addGateAndUp(
  graph: GraphBuilder,
  x: string,
  layer: { readonly part: PackedPart; readonly size: number },
): { readonly gate: string; readonly up: string } {
  const { part, size } = layer
  if (!hasMatrix(part, 'gateUp')) {
    return {
      gate: addProjection(graph, x, matrixOf(part, 'gate')),
      up: addProjection(graph, x, matrixOf(part, 'up')),
    }
  }
  const both = addProjection(graph, x, matrixOf(part, 'gateUp'))
  const gate = graph.name('gate')
  const up = graph.name('up')
  graph.node({
    op: 'Split',
    inputs: [both, graph.integers([size, size])],
    outputs: [gate, up],
    ints: { axis: 2 },
  })
  return { gate, up }
}
