import type { Clock, LayerRange, Log, Service } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import type { Precision } from '@shardline/model'
import { fixModel, NodeServer, resolveNodeSettings } from '@shardline/node'
import type {
  FixedModel,
  Machine,
  NodeCounters,
  NodePipeline,
  NodeFacts,
  NodeRole,
  NodeSettings,
} from '@shardline/node'
import type { Transport } from '@shardline/wire'
import { ShardLoader } from './shard-loader.ts'
import type { WorkerModels } from './worker-models.ts'

/** What a {@link Worker} works with. */
export interface WorkerComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  readonly models: WorkerModels
  readonly machine: Machine
  /** Signs receipts: the one that it proves on its links. @default none: receipts are refused */
  readonly identity?: Identity | undefined
}

/** What a {@link Worker} is. */
export interface WorkerInit {
  /** Node id, the same as in the transport's handshakes. */
  readonly node: string
  /** Name and version of the software. */
  readonly software: string
  /** Address to listen on, for example `ws://127.0.0.1:0`. */
  readonly listen: string
  /** The only layers to serve. @default what plans ask for */
  readonly layers?: LayerRange
  /** The only model to serve. @default what plans name */
  readonly model?: string
  /** The only precision to serve. @default 'auto' with a `model`, else what plans ask for */
  readonly precision?: Precision
  readonly settings?: NodeSettings
  /** Whether other nodes may have the model's files from this one. @default false */
  readonly isSharing?: boolean
}

/** Serves one range of layers to the pipelines that drivers plan. */
export class Worker implements Service {
  readonly #components: WorkerComponents
  readonly #init: WorkerInit
  readonly #fixed: FixedModel
  readonly #server: NodeServer

  constructor(components: WorkerComponents, init: WorkerInit) {
    this.#components = components
    this.#init = init
    this.#fixed = fixModel(init)
    const { evidenceSessionsMax } = resolveNodeSettings(init.settings)
    const loader = new ShardLoader(components, { ...this.#fixed, layers: init.layers, evidenceSessionsMax })
    const role: NodeRole = {
      kind: 'worker',
      describe: () => this.#describe(),
      load: (plan, context) => loader.load(plan, context),
      openSession: undefined,
      stop: () => loader.stop(),
    }
    const weights = init.isSharing === true ? components.models.shared : undefined
    this.#server = new NodeServer({ ...components, role, weights }, init)
  }

  /** Address that peers dial; undefined before `start`. */
  get address(): string | undefined {
    return this.#server.address
  }

  /** What was done so far. */
  get counters(): NodeCounters {
    return this.#server.counters
  }

  /** The pipelines that it has a part in now. */
  get pipelines(): readonly NodePipeline[] {
    return this.#server.pipelines
  }

  /** @throws AddressUnusableError if it can't listen. */
  start(): Promise<void> {
    return this.#server.start()
  }

  /** Takes no more plans, lets answers end for a while, and stops. `signal` ends the waiting. */
  drain(options?: { readonly signal?: AbortSignal }): Promise<void> {
    return this.#server.drain(options)
  }

  /** Tells the drivers, finishes the run in progress, frees everything. */
  stop(): Promise<void> {
    return this.#server.stop()
  }

  async #describe(): Promise<NodeFacts> {
    const { machine, models } = this.#components
    const { model, precision } = this.#fixed
    const [facts, numericClass, speed] = await Promise.all([
      model === undefined ? null : models.inspect(model),
      machine.numericClass(),
      machine.speed(),
    ])
    return {
      model: facts,
      layers: this.#init.layers ?? null,
      precision: precision ?? 'auto',
      numericClass,
      threads: machine.threads,
      memory: machine.memory(),
      speed,
    }
  }
}
