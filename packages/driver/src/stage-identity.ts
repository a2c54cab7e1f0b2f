import type { LayerRange } from '@shardline/core'
import { formatLayerRange } from '@shardline/core'

/** Which stage something is about, as far as it is known yet. */
export interface StageIdentity {
  readonly role: 'worker' | 'validator'
  /** Place among the workers, counted from 0; 0 for the validator. */
  readonly index: number
  readonly address: string
  /** Node id; undefined before the first contact. */
  readonly node: string | undefined
  /** Undefined for the validator, and before there is a plan. */
  readonly layers: LayerRange | undefined
}

/** Names a stage for people: `worker 2 (node n7, layers 4-7, ws://host:4100)`. */
export function describeStage(stage: StageIdentity): string {
  const name = stage.role === 'worker' ? `worker ${stage.index + 1}` : 'the validator'
  const facts = [
    ...(stage.node === undefined ? [] : [`node ${stage.node}`]),
    ...(stage.layers === undefined ? [] : [`layers ${formatLayerRange(stage.layers)}`]),
    stage.address,
  ]
  return `${name} (${facts.join(', ')})`
}
