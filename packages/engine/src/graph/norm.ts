import type { GraphBuilder } from './graph-builder.ts'

/** An RMS norm's weight in the store and its epsilon. */
export interface NormInit {
  readonly name: string
  readonly size: number
  readonly epsilon: number
}

/** Adds an RMS norm over the last axis (Zhang and Sennrich 2019): `x / sqrt(mean(x^2) + epsilon) * weight`. */
export function addRmsNorm(graph: GraphBuilder, x: string, norm: NormInit): string {
  const weight = graph.weight(norm.name, 'f32', [norm.size])
  return graph.apply('SimplifiedLayerNormalization', [x, weight], {
    floats: { epsilon: norm.epsilon },
    ints: { axis: -1 },
  })
}
