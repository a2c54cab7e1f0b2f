import type { Epoch, PipelineId, ShardlineError } from '@shardline/core'
import { AssertionFailedError, epoch, pipelineId } from '@shardline/core'
import type { Link, PlanMessage, WireLayers } from '@shardline/wire'
import type { LoopPipeline } from './loop-pipeline.ts'
import type { LoadedWork } from './node-role.ts'
import type { Outbox } from './outbox.ts'
import type { PeerLink } from './peer-link.ts'
import type { StageWork } from './stage-work.ts'

/** What a pipeline has once it is ready. */
export interface FormedParts {
  readonly loaded: LoadedWork
  readonly output: Outbox
}

/**
 * One pipeline that this node has a part in.
 *
 * - `forming`: planned; loads and links. `complete` leads to `ready`, a failure or `end` to `over`.
 * - `ready`: takes frames. `end` leads to `over`.
 * - `over`: takes nothing; its sessions are freed after the run in progress.
 */
export class Pipeline implements LoopPipeline {
  readonly id: PipelineId
  readonly epoch: Epoch
  readonly plan: PlanMessage
  /** The link that planned it: it alone controls it, and gets its errors. */
  readonly driver: PeerLink
  /** Aborts when it is over. */
  readonly over: AbortController = new AbortController()
  /** The link that brings its frames, once it has joined; the driver's own link may always. */
  feeder: PeerLink | undefined
  /** The link to the next stage. */
  next: Link | undefined
  /** Resolves, never rejects, when forming has ended either way. */
  forming: Promise<void> = Promise.resolve()
  /** Resolves when everything of it is freed; undefined while it isn't over. */
  ended: Promise<void> | undefined
  #parts: FormedParts | undefined
  #isOutputLost = false

  constructor(plan: PlanMessage, driver: PeerLink) {
    this.id = pipelineId(plan.pipeline)
    this.epoch = epoch(plan.epoch)
    this.plan = plan
    this.driver = driver
  }

  get layers(): WireLayers | null {
    return this.plan.layers
  }

  get contextLength(): number {
    return this.plan.contextLength
  }

  get sessionsMax(): number {
    return this.plan.sessionsMax
  }

  get isReady(): boolean {
    return this.#parts !== undefined && !this.over.signal.aborted
  }

  /** What was loaded for it, if it came that far. */
  get loaded(): LoadedWork | undefined {
    return this.#parts?.loaded
  }

  get work(): StageWork {
    return this.#formed.loaded.work
  }

  get output(): Outbox {
    return this.#formed.output
  }

  /** Makes it ready. */
  complete(parts: FormedParts): void {
    this.#parts = parts
  }

  report(error: ShardlineError, sessions: readonly string[]): void {
    if (this.over.signal.aborted) return
    const { code, message } = error
    this.driver.reply({
      kind: 'error',
      code,
      message,
      request: null,
      pipeline: this.id,
      sessions,
      isFatal: false,
    })
  }

  /** Tells the driver, once, that results can't leave this stage any more. Says whether this was that once. */
  reportOutputLost(error: ShardlineError): boolean {
    if (this.#isOutputLost || this.over.signal.aborted) return false
    this.#isOutputLost = true
    const { code, message } = error
    this.driver.reply({
      kind: 'error',
      code,
      message,
      request: null,
      pipeline: this.id,
      sessions: [],
      isFatal: true,
    })
    return true
  }

  get #formed(): FormedParts {
    if (this.#parts === undefined) throw new AssertionFailedError('only a ready pipeline is used')
    return this.#parts
  }
}
