import type { Identity } from '@shardline/identity'
import { openCheckpoint } from '@shardline/model'
import type { Precision } from '@shardline/model'
import { UsageError } from '../errors.ts'
import { findStages } from '../market/find-stages.ts'
import type { FoundStages } from '../market/find-stages.ts'
import { openWorkSource } from '../market/join-market.ts'
import { packedBytes } from '../models/packed-bytes.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { CommandContext } from './command-context.ts'

/** What says over whom a driver plans. */
export interface StagesSource {
  readonly workers: readonly string[] | undefined
  readonly validator: string | undefined
  readonly spareWorkers: readonly string[] | undefined
  readonly spareValidators: readonly string[] | undefined
  readonly market: string | undefined
  readonly model: string | undefined
  readonly precision: Precision
  readonly quiet?: boolean | undefined
}

/**
 * Over whom a driver plans: whom it was told, or nodes of its market.
 *
 * @throws UsageError if neither is said; NodesMissingError; what opening the model and asking the market throw.
 */
export async function stagesOf(
  source: StagesSource,
  identity: Identity,
  context: CommandContext,
): Promise<FoundStages> {
  const { workers, validator, spareWorkers = [], spareValidators = [], market } = source
  if (workers !== undefined && validator !== undefined) {
    return { workers, validator, spares: { workers: spareWorkers, validators: spareValidators } }
  }
  if (workers !== undefined || validator !== undefined || market === undefined) {
    throw new UsageError(
      'over whom it plans is not said: give --workers and --validator, or neither with --serve and --market, which lists nodes',
    )
  }
  const { terminal, interrupt } = context
  const { signal } = interrupt
  const bytesNeeded = await layerBytes(source, context)
  const found = await findStages(openWorkSource(market, identity, context), {
    bytesNeeded,
    self: identity.id,
    signal,
  })
  if (source.quiet !== true) {
    const count = found.spares.workers.length + found.spares.validators.length
    terminal.note(
      `the market's nodes: ${found.workers.length} workers, a validator, and ${count} that stand by\n`,
    )
  }
  return found
}

/** Bytes of all layers of the model. */
async function layerBytes(
  { model, precision }: StagesSource,
  { config, interrupt }: CommandContext,
): Promise<number> {
  await using checkpoint = await openCheckpoint(modelOrBundled(model), {
    cacheFolder: config.cacheFolder,
    ...config.hub,
    signal: interrupt.signal,
  })
  const { layers } = checkpoint.roles
  return layers.reduce((sum, layer) => sum + packedBytes([...layer.values()], precision), 0)
}
