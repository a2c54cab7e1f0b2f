import type { LayerRange } from '@shardline/core'
import { formatLayerRange } from '@shardline/core'
import type { Stage } from '@shardline/engine'
import type { LoadContext, LoadedWork, Machine } from '@shardline/node'
import { agreeOnModel, checkDigest, plannedWeights, PlanRefusedError, ResourceKeeper } from '@shardline/node'
import type { FixedModel } from '@shardline/node'
import type { PlanMessage } from '@shardline/wire'
import { LayersNotHeldError, LayersOutsideModelError } from './errors.ts'
import { StageForward } from './stage-forward.ts'
import type { WorkerModels } from './worker-models.ts'

/** What a {@link ShardLoader} works with. */
export interface ShardLoaderComponents {
  readonly models: WorkerModels
  readonly machine: Machine
}

/** What a worker was started with. */
export interface ShardLoaderInit extends FixedModel {
  /** Undefined: the worker takes what a plan says. */
  readonly layers: LayerRange | undefined
  /** Closed sessions of one pipeline whose hashes are kept for receipts. */
  readonly evidenceSessionsMax: number
}

/** Free memory that another stage needs, as a multiple of its weights: packing them takes some for a while, and caches follow. */
const ROOM_PER_WEIGHT = 1.5

/** A stage and the work made of it, which all its pipelines share so that their rows run together. */
class LoadedStage implements AsyncDisposable {
  readonly stage: Stage
  readonly work: StageForward
  /** Model, who vouches for it, and precision. */
  readonly origin: string

  constructor(stage: Stage, init: { readonly origin: string; readonly evidenceSessionsMax: number }) {
    const { origin, evidenceSessionsMax } = init
    this.origin = origin
    this.stage = stage
    this.work = new StageForward(stage, evidenceSessionsMax)
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.stage[Symbol.asyncDispose]()
  }
}

/**
 * Loads the layers that plans ask for. One stage stays loaded per (model digest, layers, precision): the next plan for the
 * same gets it at once, a plan for something else replaces it. Other layers of the same model are loaded beside those in
 * use where the free memory has room for them.
 */
export class ShardLoader {
  readonly #components: ShardLoaderComponents
  readonly #init: ShardLoaderInit
  readonly #keeper = new ResourceKeeper<LoadedStage>()

  constructor(components: ShardLoaderComponents, init: ShardLoaderInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * @throws PlanRefusedError, LayersNotHeldError, LayersOutsideModelError, ModelMismatchError, PrecisionMismatchError,
   * StageBusyError, AbortedError, and what loading throws.
   */
  async load(plan: PlanMessage, context: LoadContext): Promise<LoadedWork> {
    const { models, machine } = this.#components
    const layers = this.#layersOf(plan)
    const { reference, precision } = agreeOnModel(plan, this.#init)
    const planned = plannedWeights(plan, this.#init, context.onProgress)
    const facts = await models.inspect(reference, planned)
    checkDigest(facts, plan)
    if (layers.first + layers.count > facts.layerCount)
      throw new LayersOutsideModelError(layers, facts.layerCount)
    const numericClass = await machine.numericClass()
    const label = `layers ${formatLayerRange(layers)} of ${reference} as ${precision}`
    const { evidenceSessionsMax } = this.#init
    const origin = `${facts.digest} ${facts.origin ?? ''} ${precision}`
    const lease = await this.#keeper.acquire({
      key: `${origin} ${layers.first}+${layers.count}`,
      label,
      signal: context.signal,
      hasRoom: (beside) => this.#hasRoom({ origin, layers }, beside),
      load: async (signal) =>
        new LoadedStage(
          await models.loadStage({
            reference,
            planned,
            layers,
            precision,
            onProgress: context.onProgress,
            signal,
          }),
          { origin, evidenceSessionsMax },
        ),
    })
    const { stage, work } = lease.resource
    return {
      work,
      layers,
      packedBytes: stage.memory.packedWeightBytes,
      numericClass,
      release: () => {
        work.evidence.forget(plan.pipeline)
        return Promise.resolve(lease.release())
      },
    }
  }

  /** Frees the stage. */
  async stop(): Promise<void> {
    await this.#keeper.stop()
    await this.#components.models.stop()
  }

  /** Whether the free memory takes these layers too; what one layer needs is known from those that are loaded. */
  #hasRoom(
    { origin, layers }: { readonly origin: string; readonly layers: LayerRange },
    beside: readonly LoadedStage[],
  ): boolean {
    const known = beside.find((other) => other.origin === origin)?.stage
    if (known === undefined) return false
    const layerBytes = known.memory.packedWeightBytes / known.layers.count
    return layers.count * layerBytes * ROOM_PER_WEIGHT <= this.#components.machine.memory().freeBytes
  }

  #layersOf(plan: PlanMessage): LayerRange {
    const { layers } = plan
    if (layers === null || layers.count < 1)
      throw new PlanRefusedError('the plan names no layers; a worker serves one or more')
    const held = this.#init.layers
    if (held !== undefined && (held.first !== layers.first || held.count !== layers.count)) {
      throw new LayersNotHeldError(held, layers)
    }
    return layers
  }
}
