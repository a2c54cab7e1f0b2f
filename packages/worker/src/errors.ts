import type { LayerRange } from '@shardline/core'
import { formatLayerRange, ShardlineError } from '@shardline/core'

/** A plan asks a worker for other layers than it was started with. */
export class LayersNotHeldError extends ShardlineError {
  override readonly name = 'LayersNotHeldError'
  readonly code = 'WORKER_LAYERS_NOT_HELD'

  constructor(held: LayerRange, asked: LayerRange) {
    super(
      `this worker was started with layers ${formatLayerRange(held)}; the plan asks it for layers ${formatLayerRange(asked)}`,
      { details: { held: formatLayerRange(held), asked: formatLayerRange(asked) } },
    )
  }
}

/** Layers are asked for that the model doesn't have. */
export class LayersOutsideModelError extends ShardlineError {
  override readonly name = 'LayersOutsideModelError'
  readonly code = 'WORKER_LAYERS_OUTSIDE_MODEL'

  constructor(asked: LayerRange, layerCount: number) {
    super(`the model has layers 0-${layerCount - 1}; layers ${formatLayerRange(asked)} were asked for`, {
      details: { asked: formatLayerRange(asked), layerCount },
    })
  }
}
