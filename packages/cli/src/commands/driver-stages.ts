import type { Log } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import { openCheckpoint } from '@shardline/model'
import type { Precision } from '@shardline/model'
import type { Transport } from '@shardline/wire'
import { modelName } from '../cluster/model-name.ts'
import { openDoor } from '../cluster/open-door.ts'
import type { OpenDoorInit } from '../cluster/open-door.ts'
import { UsageError } from '../errors.ts'
import { openWorkSource } from '../market/join-market.ts'
import { openMarketClient } from '../market/open-market-client.ts'
import { packedBytes } from '../models/packed-bytes.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { InviteNodesOptions } from '../options/invite-nodes-options.ts'
import { EnlistedStages } from '../stages/enlisted-stages.ts'
import { GivenStages } from '../stages/given-stages.ts'
import { MarketStages } from '../stages/market-stages.ts'
import type { MarketStagesComponents } from '../stages/market-stages.ts'
import type { FoundStages, StageSource } from '../stages/stage-source.ts'
import type { CommandContext } from './command-context.ts'

/** What says over whom a driver plans. */
export interface StagesOptions extends InviteNodesOptions {
  readonly workers: readonly string[] | undefined
  readonly validator: string | undefined
  readonly spareWorkers: readonly string[] | undefined
  readonly spareValidators: readonly string[] | undefined
  /** One for each worker, in order. */
  readonly layers: readonly unknown[] | undefined
  readonly market: string | undefined
  readonly marketModel: string | undefined
  readonly serveAs: string | undefined
  readonly key: string | undefined
  readonly relay: readonly string[]
  readonly model: string | undefined
  readonly precision: Precision
  readonly quiet?: boolean | undefined
}

/** What opening the source works with. */
export interface StagesInit {
  readonly identity: Identity
  /** Dials stages. */
  readonly transport: Transport
  readonly log: Log
}

/** Where stages come from, for as long as it isn't disposed. */
export interface OpenStages extends AsyncDisposable {
  readonly source: StageSource
}

/**
 * Opens where a driver's nodes come from: whom it was told, nodes of its market, or those that enlist.
 *
 * @throws UsageError if none is said; what opening the model and listening throw.
 */
export async function openStages(
  options: StagesOptions,
  init: StagesInit,
  context: CommandContext,
): Promise<OpenStages> {
  const { workers, validator, spareWorkers = [], spareValidators = [], market, inviteNodes } = options
  const spares = { workers: spareWorkers, validators: spareValidators }
  if (inviteNodes !== undefined) return openEnlisted(options, { ...init, spares }, context)
  if (workers !== undefined && validator !== undefined) {
    return undisposed(new GivenStages({ workers, validator, spares }))
  }
  if (workers !== undefined || validator !== undefined || market === undefined) {
    throw new UsageError(
      'over whom it plans is not said: give --workers and --validator, or --invite-nodes for nodes that enlist, or neither with --serve and --market, which lists nodes',
    )
  }
  const { bytesNeeded } = await modelFacts(options, context)
  const directory = openWorkSource(market, init.identity, context)
  const { client } = openMarketClient({ market, identity: init.identity }, context)
  const model = options.marketModel ?? options.serveAs ?? modelName(modelOrBundled(options.model))
  const price: MarketStagesComponents['price'] = async (asking) =>
    (await client.prices(asking)).find((entry) => entry.model === model)?.price
  const { clock, terminal } = context
  const source = new MarketStages(
    { directory, price, clock, log: init.log },
    {
      bytesNeeded,
      workersWanted: options.layers?.length,
      self: init.identity.id,
      onPassedOver: (line) => {
        if (options.quiet !== true && line !== '') terminal.note(`${line}\n`)
      },
    },
  )
  const note = (found: FoundStages): void => {
    const count = found.spares.workers.length + found.spares.validators.length
    terminal.note(
      `the market's nodes: ${found.workers.length} workers, a validator, and ${count} that stand by\n`,
    )
  }
  return undisposed(options.quiet === true ? source : notingOnce(source, note))
}

async function openEnlisted(
  options: StagesOptions,
  init: StagesInit & { readonly spares: FoundStages['spares'] },
  context: CommandContext,
): Promise<OpenStages> {
  const { terminal } = context
  const { identity, transport, log, spares } = init
  const { bytesNeeded, model } = await modelFacts(options, context)
  const doorInit: OpenDoorInit = {
    options,
    driver: identity.id,
    transport,
    model,
    precision: options.precision,
    log,
  }
  const { door, invite } = await openDoor(doorInit, context)
  const isQuiet = options.quiet === true
  const tell = (line: string): void => {
    if (!isQuiet) terminal.note(`${line}\n`)
  }
  terminal.print(`invite for nodes ${invite}\n`)
  tell(
    'whoever has that line can be a stage, and see hidden states; friends join by: shardline node --join LINE',
  )
  door.watch(({ kind, node }) =>
    tell(`${node.role} ${node.name} at ${node.address} ${kind === 'came' ? 'enlisted' : 'has gone'}`),
  )
  const { workers, validator, layers } = options
  const source = new EnlistedStages(door, {
    given: { workers, validator, spares },
    bytesNeeded,
    workersWanted: layers?.length,
    self: identity.id,
    onMissing: (missing) => {
      if (missing !== '') tell(`waits for nodes; missing: ${missing}`)
    },
  })
  return { source, [Symbol.asyncDispose]: () => door.stop() }
}

function undisposed(source: StageSource): OpenStages {
  return { source, [Symbol.asyncDispose]: async () => undefined }
}

function notingOnce(source: StageSource, note: (found: FoundStages) => void): StageSource {
  let isNoted = false
  return {
    find: async (options) => {
      const found = await source.find(options)
      if (!isNoted) note(found)
      isNoted = true
      return found
    },
    watch: (watcher) => source.watch(watcher),
    get notes() {
      return source.notes
    },
  }
}

/** What nodes are found for: the model as plans name it, and the bytes of all its layers. */
async function modelFacts(
  { model, precision }: StagesOptions,
  { config, interrupt }: CommandContext,
): Promise<{ readonly bytesNeeded: number; readonly model: OpenDoorInit['model'] }> {
  const reference = modelOrBundled(model)
  await using checkpoint = await openCheckpoint(reference, {
    cacheFolder: config.cacheFolder,
    ...config.hub,
    signal: interrupt.signal,
  })
  const { roles, digest } = checkpoint
  const { layers } = roles
  const bytesNeeded = layers.reduce((sum, layer) => sum + packedBytes([...layer.values()], precision), 0)
  return { bytesNeeded, model: { reference, digest, config: checkpoint.config } }
}
