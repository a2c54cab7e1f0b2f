import { systemClock } from '@shardline/core'
import type { LayerRange, Log, Random } from '@shardline/core'
import type { EngineOptions } from '@shardline/engine'
import type { Identity } from '@shardline/identity'
import type { Precision } from '@shardline/model'
import { WeightTaker } from '@shardline/node'
import type { Machine } from '@shardline/node'
import { engineHeads, Validator } from '@shardline/validator'
import type { Transport } from '@shardline/wire'
import { engineModels, Worker } from '@shardline/worker'
import type { HubConfig } from '../config.ts'
import { allowedHeads, allowedStages } from './allowed-models.ts'
import { defined } from './defined.ts'
import { SOFTWARE } from './node-name.ts'
import { rememberedMachine } from './remembered-machine.ts'

/** What a worker or a validator is made from. */
export interface ServeInit {
  readonly node: string
  readonly transport: Transport
  /** Address to listen on. */
  readonly listen: string
  /** Models that may be asked for, as drivers name them. @default every one */
  readonly models?: readonly string[] | undefined
  /** Undefined serves what a driver asks for; so do the next two. */
  readonly model: string | undefined
  readonly precision: Precision | undefined
  readonly layers?: LayerRange | undefined
  readonly threads: number | undefined
  readonly isSpinning: boolean | undefined
  readonly cacheFolder: string
  readonly hub: HubConfig
  readonly log: Log
  /** Signs receipts, and a validator's tokens. @default none: it refuses what is to be signed */
  readonly identity?: Identity | undefined
  /** Shared by roles of one process. @default one of its own */
  readonly machine?: Machine
  /** Whether other nodes may have the model's files from it. @default false */
  readonly isSharing?: boolean
  /** With what it asks others for them. @default it doesn't */
  readonly weights?: { readonly random: Random } | undefined
}

/** A worker that is ready to be started. */
export function serveWorker(init: ServeInit): Worker {
  const { transport, log, cacheFolder, hub } = init
  const checkpoints = { cacheFolder, ...hub }
  const own = engineModels({ checkpoints, weightTaker: takerOf(init), ...engineOptions(init) })
  const models = allowedStages(own, init.models)
  return new Worker(
    { transport, clock: systemClock, log, models, machine: machineOf(init), identity: init.identity },
    {
      node: init.node,
      software: SOFTWARE,
      listen: init.listen,
      ...defined({
        layers: init.layers,
        model: init.model,
        precision: init.precision,
        isSharing: init.isSharing,
      }),
    },
  )
}

/** A validator that is ready to be started. */
export function serveValidator(init: ServeInit): Validator {
  const { transport, log, cacheFolder, hub } = init
  const checkpoints = { cacheFolder, ...hub }
  const own = engineHeads({ checkpoints, weightTaker: takerOf(init), ...engineOptions(init) })
  const models = allowedHeads(own, init.models)
  return new Validator(
    { transport, clock: systemClock, log, models, machine: machineOf(init), identity: init.identity },
    {
      node: init.node,
      software: SOFTWARE,
      listen: init.listen,
      ...defined({ model: init.model, precision: init.precision, isSharing: init.isSharing }),
    },
  )
}

/** The engine's options that were given. */
export function engineOptions(init: Pick<ServeInit, 'threads' | 'isSpinning'>): EngineOptions {
  return defined({ threads: init.threads, isSpinning: init.isSpinning })
}

/** The machine that a role runs on, as far as it may use it. */
export function machineOf(
  init: Pick<ServeInit, 'machine' | 'cacheFolder' | 'threads' | 'isSpinning'>,
): Machine {
  const { cacheFolder } = init
  return init.machine ?? rememberedMachine({ clock: systemClock, cacheFolder, engine: engineOptions(init) })
}

function takerOf(init: ServeInit): WeightTaker | undefined {
  const { transport, log, weights, cacheFolder, hub } = init
  if (weights === undefined) return undefined
  const components = { transport, log, clock: systemClock, random: weights.random }
  return new WeightTaker(components, { checkpoints: { cacheFolder, ...hub } })
}
