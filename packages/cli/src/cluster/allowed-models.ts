import { PlanRefusedError } from '@shardline/node'
import type { ValidatorModels } from '@shardline/validator'
import type { WorkerModels } from '@shardline/worker'

/**
 * The models of a worker, without those that its owner doesn't serve; undefined allows every one.
 *
 * @throws PlanRefusedError, from what it returns, for any other model.
 */
export function allowedStages(models: WorkerModels, allowed: readonly string[] | undefined): WorkerModels {
  if (allowed === undefined) return models
  return {
    inspect: async (reference, planned) => models.inspect(check(reference, allowed), planned),
    loadStage: async (request) => {
      check(request.reference, allowed)
      return models.loadStage(request)
    },
    shared: models.shared,
    stop: () => models.stop(),
  }
}

/** The same for the models of a validator. */
export function allowedHeads(
  models: ValidatorModels,
  allowed: readonly string[] | undefined,
): ValidatorModels {
  if (allowed === undefined) return models
  return {
    inspect: async (reference, planned) => models.inspect(check(reference, allowed), planned),
    loadHead: async (request) => {
      check(request.reference, allowed)
      return models.loadHead(request)
    },
    loadTokens: async (reference, planned) => models.loadTokens(check(reference, allowed), planned),
    shared: models.shared,
    stop: () => models.stop(),
  }
}

function check(reference: string, allowed: readonly string[]): string {
  if (allowed.includes(reference)) return reference
  throw new PlanRefusedError(
    `the plan asks for the model ${reference}; this node serves ${allowed.join(', ')}`,
    {
      details: { model: reference },
    },
  )
}
