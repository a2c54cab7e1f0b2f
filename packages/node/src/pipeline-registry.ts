import type { PlanMessage } from '@shardline/wire'
import { judgeEpoch } from './epoch.ts'
import {
  EpochUnknownError,
  JoinTakenError,
  NotJoinedError,
  PipelineNotReadyError,
  PipelinesFullError,
  PipelineTakenError,
  PipelineUnknownError,
  PlanStaleError,
} from './errors.ts'
import type { PeerLink } from './peer-link.ts'
import { Pipeline } from './pipeline.ts'

/** A new pipeline, and the earlier formation of it that has to go first. */
export interface Admission {
  readonly pipeline: Pipeline
  readonly replaced: Pipeline | undefined
}

/** The pipelines of a node, and who may do what with them. */
export class PipelineRegistry {
  readonly #pipelinesMax: number
  readonly #current = new Map<string, Pipeline>()
  /** Those that are over but still free their parts count too. */
  readonly #held = new Set<Pipeline>()
  /** Links that joined a pipeline, also one that isn't planned yet. */
  readonly #joined = new Set<PeerLink>()

  constructor(pipelinesMax: number) {
    this.#pipelinesMax = pipelinesMax
  }

  /** Pipelines that are served now. */
  get size(): number {
    return this.#current.size
  }

  /** All that are served now. */
  all(): readonly Pipeline[] {
    return [...this.#current.values()]
  }

  /** Resolves when the pipelines that are over now, and were planned before this one, have freed everything. Never rejects. */
  async settled(before: Pipeline): Promise<void> {
    for (const pipeline of this.#held) {
      // One that is itself replaced while it waits would wait for its own end.
      if (pipeline === before) return
      await pipeline.ended
    }
  }

  get(id: string): Pipeline | undefined {
    return this.#current.get(id)
  }

  /**
   * Takes a plan in. A plan with a higher epoch from the same link replaces the pipeline's earlier formation.
   *
   * @throws PipelineTakenError, PlanStaleError, PipelinesFullError.
   */
  admit(plan: PlanMessage, driver: PeerLink): Admission {
    const replaced = this.#current.get(plan.pipeline)
    if (replaced !== undefined) {
      if (replaced.driver !== driver) throw new PipelineTakenError(plan.pipeline)
      if (plan.epoch <= replaced.epoch) {
        throw new PlanStaleError({ pipeline: plan.pipeline, epoch: plan.epoch, planned: replaced.epoch })
      }
    }
    const count = this.#held.size - (replaced === undefined ? 0 : 1)
    if (count >= this.#pipelinesMax) throw new PipelinesFullError(this.#pipelinesMax)
    const pipeline = new Pipeline(plan, driver)
    this.#current.set(plan.pipeline, pipeline)
    this.#held.add(pipeline)
    return { pipeline, replaced }
  }

  /** Stops serving a pipeline; it counts until {@link forget}. */
  retire(pipeline: Pipeline): void {
    if (this.#current.get(pipeline.id) === pipeline) this.#current.delete(pipeline.id)
  }

  /** Everything of a retired pipeline is freed. */
  forget(pipeline: Pipeline): void {
    this.#held.delete(pipeline)
  }

  /**
   * The pipeline that `driver` planned, ready or not.
   *
   * @throws PipelineUnknownError, PipelineTakenError.
   */
  planned(id: string, driver: PeerLink): Pipeline {
    const pipeline = this.#current.get(id)
    if (pipeline === undefined) throw new PipelineUnknownError(id)
    if (pipeline.driver !== driver) throw new PipelineTakenError(id)
    return pipeline
  }

  /**
   * The same, ready.
   *
   * @throws PipelineUnknownError, PipelineTakenError, PipelineNotReadyError.
   */
  controlled(id: string, driver: PeerLink): Pipeline {
    const pipeline = this.planned(id, driver)
    if (!pipeline.isReady) throw new PipelineNotReadyError(id)
    return pipeline
  }

  /**
   * The pipeline that a frame from `peer` belongs to; undefined for a frame of an earlier epoch, which is dropped.
   *
   * @throws PipelineUnknownError, EpochUnknownError, NotJoinedError, PipelineNotReadyError.
   */
  fed(frame: { readonly pipeline: string; readonly epoch: number }, peer: PeerLink): Pipeline | undefined {
    const pipeline = this.#current.get(frame.pipeline)
    if (pipeline === undefined) throw new PipelineUnknownError(frame.pipeline)
    const verdict = judgeEpoch(pipeline.epoch, frame.epoch)
    if (verdict === 'stale') return undefined
    if (verdict === 'unknown') {
      throw new EpochUnknownError({ pipeline: frame.pipeline, epoch: frame.epoch, planned: pipeline.epoch })
    }
    if (peer !== pipeline.driver && peer !== this.#feederOf(pipeline, peer)) {
      throw new NotJoinedError(frame.pipeline, frame.epoch)
    }
    if (!pipeline.isReady) throw new PipelineNotReadyError(frame.pipeline)
    return pipeline
  }

  /**
   * Lets a link feed a pipeline. It may join before the plan or the reform has come here.
   *
   * @returns the pipeline, if that epoch is in force.
   * @throws JoinsFullError, JoinTakenError.
   */
  join(message: { readonly pipeline: string; readonly epoch: number }, peer: PeerLink): Pipeline | undefined {
    const { pipeline: id, epoch } = message
    peer.join(id, epoch, this.#pipelinesMax)
    this.#joined.add(peer)
    const pipeline = this.#current.get(id)
    if (pipeline === undefined || pipeline.epoch !== epoch) return undefined
    if (this.#feederOf(pipeline, peer) === peer) return pipeline.isReady ? pipeline : undefined
    peer.leave(id, epoch)
    throw new JoinTakenError(id, epoch)
  }

  /** The link that feeds a pipeline in its present epoch, if one has joined. */
  feeder(pipeline: Pipeline): PeerLink | undefined {
    for (const peer of this.#joined) if (this.#feederOf(pipeline, peer) !== undefined) break
    return pipeline.feeder
  }

  /** Forgets a link that is gone; returns the pipelines that it planned. */
  unlink(peer: PeerLink): readonly Pipeline[] {
    this.#joined.delete(peer)
    const planned: Pipeline[] = []
    for (const pipeline of this.#current.values()) {
      if (pipeline.feeder === peer) pipeline.feeder = undefined
      if (pipeline.driver === peer) planned.push(pipeline)
    }
    return planned
  }

  /** The first link that joined is the feeder until it is gone. */
  #feederOf(pipeline: Pipeline, peer: PeerLink): PeerLink | undefined {
    if (pipeline.feeder === undefined && peer.hasJoined(pipeline.id, pipeline.epoch)) pipeline.feeder = peer
    return pipeline.feeder
  }
}
