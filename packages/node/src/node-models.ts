import type { Checkpoint, Precision } from '@shardline/model'
import type { PlanMessage } from '@shardline/wire'
import type { LoadProgress } from './node-role.ts'
import type { PlannedWeights } from './weights/open-checkpoints.ts'
import { ModelMismatchError, PlanRefusedError, PrecisionMismatchError } from './errors.ts'

/** What a plan and a description say of a model. */
export interface ModelFacts {
  readonly reference: string
  readonly digest: string
  readonly layerCount: number
  readonly hiddenSize: number
}

/** The same of an open model, with what vouches for its files besides disk and hub. */
export interface HeldModel extends ModelFacts {
  /** Models of one digest and different origins are not taken for the same. @default disk or hub */
  readonly origin?: string | undefined
}

/** The facts of an open checkpoint. */
export function modelFacts(checkpoint: Checkpoint): HeldModel {
  const { reference, digest, config, files } = checkpoint
  const { layerCount, hiddenSize } = config
  const facts = { reference, digest, layerCount, hiddenSize }
  return files.origin === undefined ? facts : { ...facts, origin: files.origin }
}

/** What a node was started with, that a plan must not contradict. */
export interface FixedModel {
  /** Undefined: the node takes what a plan names. */
  readonly model: string | undefined
  /** Undefined: the node takes what a plan says. */
  readonly precision: Precision | undefined
}

/** What the options of a node mean: who names a model but no precision means `auto`, because a model is served in one only. */
export function fixModel(options: { readonly model?: string; readonly precision?: Precision }): FixedModel {
  const { model } = options
  return { model, precision: options.precision ?? (model === undefined ? undefined : 'auto') }
}

const PRECISIONS: readonly Precision[] = ['auto', 'int4', 'int8', 'f32']

/**
 * The model reference and precision that a plan means on this node.
 *
 * @throws PlanRefusedError for a precision that doesn't exist; PrecisionMismatchError.
 */
export function agreeOnModel(
  plan: PlanMessage,
  fixed: FixedModel,
): { readonly reference: string; readonly precision: Precision } {
  const precision = PRECISIONS.find((known) => known === plan.precision)
  if (precision === undefined) {
    throw new PlanRefusedError(
      `the plan asks for precision ${plan.precision}; it is one of ${PRECISIONS.join(', ')}`,
    )
  }
  if (fixed.precision !== undefined && fixed.precision !== precision) {
    throw new PrecisionMismatchError(fixed.precision, precision)
  }
  return { reference: fixed.model ?? plan.model, precision }
}

/**
 * Checks that the node's model is the one that the plan means.
 *
 * @throws ModelMismatchError.
 */
export function checkDigest(facts: ModelFacts, plan: PlanMessage): void {
  if (facts.digest === plan.modelDigest) return
  throw new ModelMismatchError({ reference: facts.reference, held: facts.digest, asked: plan.modelDigest })
}

/** Where a node that was started without a model can have the planned one's files; undefined if it was, or the plan doesn't say. */
export function plannedWeights(
  plan: PlanMessage,
  fixed: FixedModel,
  onProgress: LoadProgress,
): PlannedWeights | undefined {
  const { weights, modelDigest: digest } = plan
  return weights === null || fixed.model !== undefined ? undefined : { ...weights, digest, onProgress }
}
