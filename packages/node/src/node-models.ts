import type { Checkpoint, OpenCheckpointOptions, Precision } from '@shardline/model'
import { openCheckpoint } from '@shardline/model'
import type { PlanMessage } from '@shardline/wire'
import { ModelMismatchError, PlanRefusedError, PrecisionMismatchError } from './errors.ts'

/** What a plan and a description say of a model. */
export interface ModelFacts {
  readonly reference: string
  readonly digest: string
  readonly layerCount: number
  readonly hiddenSize: number
}

/** The facts of an open checkpoint. */
export function modelFacts(checkpoint: Checkpoint): ModelFacts {
  const { reference, digest, config } = checkpoint
  return { reference, digest, layerCount: config.layerCount, hiddenSize: config.hiddenSize }
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

/** Keeps the checkpoint that was used last open, because plans, descriptions and loads ask for the same one. */
export class OpenCheckpoints implements AsyncDisposable {
  readonly #options: OpenCheckpointOptions
  #last: { readonly reference: string; readonly opening: Promise<Checkpoint> } | undefined

  constructor(options: OpenCheckpointOptions) {
    this.#options = options
  }

  /**
   * The open checkpoint of that name. It stays open until another one is asked for: read it before you ask again.
   *
   * @throws what openCheckpoint throws.
   */
  get(reference: string): Promise<Checkpoint> {
    if (this.#last?.reference === reference) return this.#last.opening
    const before = this.#last
    const open = async (): Promise<Checkpoint> => {
      await closeQuietly(before?.opening)
      return openCheckpoint(reference, this.#options)
    }
    const last = { reference, opening: open() }
    last.opening.catch(() => {
      if (this.#last === last) this.#last = undefined
    })
    this.#last = last
    return last.opening
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const last = this.#last
    this.#last = undefined
    await closeQuietly(last?.opening)
  }
}

async function closeQuietly(opening: Promise<Checkpoint> | undefined): Promise<void> {
  const checkpoint = await opening?.catch(() => undefined)
  await checkpoint?.[Symbol.asyncDispose]()
}
