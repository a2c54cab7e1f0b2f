import type { Clock, Log, Milliseconds, ShardlineError } from '@shardline/core'
import { epoch, fromUnknown } from '@shardline/core'
import type { Pipeline } from '../driver-types.ts'
import { FairSlots } from './fair-slots.ts'
import type { ServedModel } from './served-model.ts'
import { PipelineDownError } from './service-errors.ts'
import { Throughput } from './throughput.ts'

/** What a {@link PipelineHost} works with. */
export interface PipelineHostComponents {
  readonly clock: Clock
  readonly log: Log
}

/** Options of a {@link PipelineHost}. */
export interface PipelineHostInit {
  readonly model: ServedModel
  readonly answersRunningMax: number
  /** Places of one network for each that stays free. */
  readonly answersRunningPerFreeMax: number
  readonly retryMsMin: Milliseconds
  readonly retryMsMax: Milliseconds
}

/** Keeps a pipeline of one model up: one that broke is formed anew in the background, until it works or the host stops. */
export class PipelineHost {
  readonly model: ServedModel
  /** Places for answers on it. */
  readonly slots: FairSlots
  /** What its answers show of its speed. */
  readonly throughput: Throughput
  readonly #components: PipelineHostComponents
  readonly #init: PipelineHostInit
  readonly #stopped = new AbortController()
  #pipeline: Pipeline | undefined
  #failure: ShardlineError | undefined
  #retryMs: Milliseconds
  #keeping: Promise<void> = Promise.resolve()

  constructor(components: PipelineHostComponents, init: PipelineHostInit) {
    this.#components = components
    this.#init = init
    this.model = init.model
    this.slots = new FairSlots({
      slotsMax: init.answersRunningMax,
      slotsPerFreeMax: init.answersRunningPerFreeMax,
    })
    this.throughput = new Throughput(components.clock)
    this.#retryMs = init.retryMsMin
  }

  /** The pipeline that works now. @throws PipelineDownError while there is none. */
  get pipeline(): Pipeline {
    const pipeline = this.#pipeline
    if (pipeline !== undefined && !pipeline.over.aborted) return pipeline
    throw new PipelineDownError(this.model.name, this.#retryMs, pipeline?.failure ?? this.#failure)
  }

  /** The latest pipeline, working or not; undefined before the first. */
  get latest(): Pipeline | undefined {
    return this.#pipeline
  }

  /** Forms the first pipeline. @throws what forming throws; then nothing is left. */
  async start(): Promise<void> {
    this.#pipeline = await this.model.form(undefined, this.#stopped.signal)
    this.#keeping = this.#keep(this.#pipeline)
  }

  /** Closes the pipeline and forms none any more. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#keeping
  }

  async #keep(first: Pipeline): Promise<void> {
    for (let pipeline: Pipeline | undefined = first; pipeline !== undefined;) {
      await whenAborted(AbortSignal.any([pipeline.over, this.#stopped.signal]))
      await pipeline[Symbol.asyncDispose]()
      pipeline = await this.#again(pipeline)
      this.#pipeline = pipeline ?? this.#pipeline
    }
  }

  async #again(broken: Pipeline): Promise<Pipeline | undefined> {
    const { clock, log } = this.#components
    const { retryMsMin, retryMsMax } = this.#init
    const { signal } = this.#stopped
    const { id, stages } = broken
    // Nodes that a failed attempt reached know its epoch already.
    let last = broken.epoch
    this.#retryMs = retryMsMin
    while (!signal.aborted) {
      try {
        return await this.model.form({ id, epoch: last, stages }, signal)
      } catch (cause) {
        this.#failure = fromUnknown(cause)
        const { code, message: reason } = this.#failure
        if (!signal.aborted) log.warn('pipeline-not-formed', { model: this.model.name, code, reason })
      }
      last = epoch(last + 1)
      await clock.sleep(this.#retryMs, { signal }).catch(() => undefined)
      this.#retryMs = Math.min(retryMsMax, this.#retryMs * 2)
    }
    return undefined
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
