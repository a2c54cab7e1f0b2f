import type { Command } from 'commander'

/** What a node does with model files beside computing with them. */
export interface WeightsOptions {
  /** Whether other nodes may have the model's files from this one. */
  readonly shareWeights: boolean | undefined
  /** Whether this one may have them from others. */
  readonly weightsFromNodes: boolean | undefined
}

/** Adds `--share-weights` and `--weights-from-nodes`. */
export function addWeightsOptions(command: Command): Command {
  return command
    .option('--share-weights', "give the model's files to nodes that a driver sends here")
    .option(
      '--weights-from-nodes',
      "have a model's files from nodes that the driver names, checked against what the driver lists (default: from its disk and the hub alone)",
    )
}
