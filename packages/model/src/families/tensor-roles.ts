import type { ModelConfig } from '../model-config.ts'

/** Tensors of a layer, before anything is fused. */
export type LayerTensorRole =
  | 'attentionNorm'
  | 'q'
  | 'k'
  | 'v'
  | 'qBias'
  | 'kBias'
  | 'vBias'
  | 'qNorm'
  | 'kNorm'
  | 'attentionOutput'
  | 'attentionOutputBias'
  | 'feedForwardNorm'
  | 'gate'
  | 'up'
  | 'down'
  | 'gateBias'
  | 'upBias'
  | 'downBias'

/** Tensors outside the layers. */
export type GlobalTensorRole = 'embedding' | 'outputNorm' | 'head'

/** Names of tensors in one kind of file. */
export interface TensorNames {
  global(role: GlobalTensorRole): string
  layer(role: LayerTensorRole, layer: number): string
}

/** The roles that a layer of this model has, each with the shape of its tensor. */
export function layerShapes(config: ModelConfig): ReadonlyMap<LayerTensorRole, readonly number[]> {
  const { hiddenSize, feedForwardSize, headSize } = config
  const qSize = config.headCount * headSize
  const kvSize = config.kvHeadCount * headSize
  const shapes = new Map<LayerTensorRole, readonly number[]>([
    ['attentionNorm', [hiddenSize]],
    ['q', [qSize, hiddenSize]],
    ['k', [kvSize, hiddenSize]],
    ['v', [kvSize, hiddenSize]],
    ['attentionOutput', [hiddenSize, qSize]],
    ['feedForwardNorm', [hiddenSize]],
    ['gate', [feedForwardSize, hiddenSize]],
    ['up', [feedForwardSize, hiddenSize]],
    ['down', [hiddenSize, feedForwardSize]],
  ])
  if (config.hasQkvBias) shapes.set('qBias', [qSize]).set('kBias', [kvSize]).set('vBias', [kvSize])
  if (config.hasQkNorm) shapes.set('qNorm', [headSize]).set('kNorm', [headSize])
  if (config.hasAttentionOutputBias) shapes.set('attentionOutputBias', [hiddenSize])
  if (config.hasFeedForwardBias)
    shapes.set('gateBias', [feedForwardSize]).set('upBias', [feedForwardSize]).set('downBias', [hiddenSize])
  return shapes
}

/** The shape of a tensor outside the layers. */
export function globalShape(role: GlobalTensorRole, config: ModelConfig): readonly number[] {
  return role === 'outputNorm' ? [config.hiddenSize] : [config.vocabularySize, config.hiddenSize]
}
