import type { ModelConfig, Precision } from '@shardline/model'
import type { DescriptionMessage } from '@shardline/wire'
import { StageUnsuitableError } from './errors.ts'
import type { StageIdentity } from './stage-identity.ts'

/** What a node must match. */
export interface StageRequirement {
  readonly model: { readonly digest: string; readonly config: ModelConfig }
  readonly precision: Precision
}

/**
 * Checks that a node can take its place. A node that was started without a model takes what the plan says,
 * so only its role is checked.
 *
 * @throws StageUnsuitableError that says what differs.
 */
export function checkDescription(
  stage: StageIdentity,
  description: DescriptionMessage,
  required: StageRequirement,
): void {
  const refuse = (reason: string): never => {
    throw new StageUnsuitableError(stage, reason)
  }
  if (description.role !== stage.role) refuse(`it is a ${description.role}, not a ${stage.role}`)
  const { model } = description
  if (model === null) return
  const { config, digest } = required.model
  if (model.layerCount !== config.layerCount) {
    refuse(`its model "${model.reference}" has ${model.layerCount} layers, this one has ${config.layerCount}`)
  }
  if (model.hiddenSize !== config.hiddenSize) {
    refuse(`its model "${model.reference}" is ${model.hiddenSize} wide, this one is ${config.hiddenSize}`)
  }
  if (model.digest !== digest) {
    refuse(
      `its model "${model.reference}" has the digest ${model.digest.slice(0, 12)}, this one has ${digest.slice(0, 12)}`,
    )
  }
  if (description.precision !== required.precision) {
    refuse(`it was started with precision ${description.precision}, the pipeline has ${required.precision}`)
  }
}
