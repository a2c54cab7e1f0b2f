import type { GrammarLimits, Head } from '@shardline/engine'
import type { Identity } from '@shardline/identity'
import { agreeOnModel, checkDigest, plannedWeights, PlanRefusedError, ResourceKeeper } from '@shardline/node'
import type { FixedModel, LoadContext, LoadedWork, Machine } from '@shardline/node'
import type { PlanMessage } from '@shardline/wire'
import { HeadWork } from './head-work.ts'
import type { HeadWorkInit } from './head-work.ts'
import type { ValidatorModels } from './validator-models.ts'

/** What a {@link HeadLoader} works with. */
export interface HeadLoaderComponents {
  readonly models: ValidatorModels
  readonly machine: Machine
  /** Signs tokens; undefined signs none. */
  readonly identity: Pick<Identity, 'sign'> | undefined
}

/** What a validator was started with. */
export interface HeadLoaderInit extends FixedModel {
  /** Bytes of logits that are held at a time. */
  readonly logitsBytesMax: number
  readonly grammarLimits: GrammarLimits
  /** Tokens that one signature covers. */
  readonly windowTokens: number
  /** Closed sessions of one pipeline whose hashes are kept for receipts. */
  readonly evidenceSessionsMax: number
}

/** A head and the work made of it, which all its pipelines share so that their rows run together. */
class LoadedHead implements AsyncDisposable {
  readonly head: Head
  readonly work: HeadWork

  constructor(head: Head, init: HeadWorkInit) {
    this.head = head
    this.work = new HeadWork(head, init)
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.head[Symbol.asyncDispose]()
  }
}

/** Loads the head that plans ask for. One stays loaded per (model digest, precision). */
export class HeadLoader {
  readonly #components: HeadLoaderComponents
  readonly #init: HeadLoaderInit
  readonly #keeper = new ResourceKeeper<LoadedHead>()

  constructor(components: HeadLoaderComponents, init: HeadLoaderInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * @throws PlanRefusedError, ModelMismatchError, PrecisionMismatchError, StageBusyError, AbortedError, and what loading
   * throws.
   */
  async load(plan: PlanMessage, context: LoadContext): Promise<LoadedWork> {
    const { models, machine, identity } = this.#components
    if (plan.layers !== null || plan.next !== null) {
      throw new PlanRefusedError('the plan names layers or a next stage; a validator has neither')
    }
    const { reference, precision } = agreeOnModel(plan, this.#init)
    const planned = plannedWeights(plan, this.#init, context.onProgress)
    const facts = await models.inspect(reference, planned)
    checkDigest(facts, plan)
    const numericClass = await machine.numericClass()
    const lease = await this.#keeper.acquire({
      key: `${facts.digest} ${facts.origin ?? ''} ${precision}`,
      label: `the head of ${reference} as ${precision}`,
      signal: context.signal,
      load: async (signal) =>
        new LoadedHead(
          await models.loadHead({ reference, planned, precision, onProgress: context.onProgress, signal }),
          {
            ...this.#init,
            signer: identity,
            modelDigest: facts.digest,
            loadTokens: () => models.loadTokens(reference, planned),
          },
        ),
    })
    const { head, work } = lease.resource
    return {
      work,
      layers: undefined,
      packedBytes: head.packedWeightBytes,
      numericClass,
      release: () => {
        work.forget(plan.pipeline)
        work.evidence.forget(plan.pipeline)
        return Promise.resolve(lease.release())
      },
    }
  }

  /** Frees the head. */
  async stop(): Promise<void> {
    await this.#keeper.stop()
    await this.#components.models.stop()
  }
}
