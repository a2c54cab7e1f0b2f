import { assert, InvalidValueError } from '@shardline/core'
import type { Clock, Log, Service } from '@shardline/core'
import type { GrammarLimits } from '@shardline/engine'
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
import { HeadLoader } from './head-loader.ts'
import { HeadWork } from './head-work.ts'
import { LOGITS_BYTES_MAX, WINDOW_TOKENS_MAX } from './limits.ts'
import type { ValidatorModels } from './validator-models.ts'

/** What a {@link Validator} works with. */
export interface ValidatorComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  readonly models: ValidatorModels
  readonly machine: Machine
  /**
   * Signs receipts, and the tokens of answers that users asked for: the one that it proves on its links.
   * @default none: both are refused
   */
  readonly identity?: Identity | undefined
}

/** What a {@link Validator} is. */
export interface ValidatorInit {
  /** Node id, the same as in the transport's handshakes. */
  readonly node: string
  /** Name and version of the software. */
  readonly software: string
  /** Address to listen on, for example `ws://127.0.0.1:0`. */
  readonly listen: string
  /** The only model to serve. @default what plans name */
  readonly model?: string
  /** The only precision to serve. @default 'auto' with a `model`, else what plans ask for */
  readonly precision?: Precision
  /** Bytes of logits that are held at a time. @default LOGITS_BYTES_MAX */
  readonly logitsBytesMax?: number
  /** Limits of the grammars that answers may have. @default those of the engine */
  readonly grammarLimits?: GrammarLimits
  /** Tokens that one signature covers, at most the default. @default WINDOW_TOKENS_MAX */
  readonly windowTokens?: number
  readonly settings?: NodeSettings
  /** Whether other nodes may have the model's files from this one. @default false */
  readonly isSharing?: boolean
}

/** Turns the hidden states that come out of the last layer into tokens or scores, and answers the driver. */
export class Validator implements Service {
  readonly #components: ValidatorComponents
  readonly #fixed: FixedModel
  readonly #server: NodeServer

  /** @throws InvalidValueError if a setting is not allowed. */
  constructor(components: ValidatorComponents, init: ValidatorInit) {
    this.#components = components
    this.#fixed = fixModel(init)
    const logitsBytesMax = init.logitsBytesMax ?? LOGITS_BYTES_MAX
    const grammarLimits = init.grammarLimits ?? {}
    const windowTokens = checkWindow(init.windowTokens ?? WINDOW_TOKENS_MAX)
    const { evidenceSessionsMax } = resolveNodeSettings(init.settings)
    const loader = new HeadLoader(
      { ...components, identity: components.identity },
      { ...this.#fixed, logitsBytesMax, grammarLimits, windowTokens, evidenceSessionsMax },
    )
    const role: NodeRole = {
      kind: 'validator',
      describe: () => this.#describe(),
      load: (plan, context) => loader.load(plan, context),
      openSession: (message, pipeline) => {
        const { work } = pipeline
        assert(work instanceof HeadWork, 'a validator loads nothing but heads')
        return work.startAnswer(message, pipeline)
      },
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
      layers: null,
      precision: precision ?? 'auto',
      numericClass,
      threads: machine.threads,
      memory: machine.memory(),
      speed,
    }
  }
}

function checkWindow(tokens: number): number {
  if (Number.isSafeInteger(tokens) && tokens >= 1 && tokens <= WINDOW_TOKENS_MAX) return tokens
  throw new InvalidValueError(
    `windowTokens is ${tokens}; it takes a whole number from 1 to ${WINDOW_TOKENS_MAX}`,
  )
}
