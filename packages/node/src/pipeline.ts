import type { Epoch, PipelineId, ShardlineError } from '@shardline/core'
import { AssertionFailedError, epoch, pipelineId } from '@shardline/core'
import type { Link, PlanMessage, ReformMessage, WireLayers } from '@shardline/wire'
import { PipelineNotReadyError, PlanRefusedError, ReformStaleError } from './errors.ts'
import type { LoopPipeline, PipelineOutput } from './loop-pipeline.ts'
import type { NextLink } from './next-link.ts'
import type { LoadedWork } from './node-role.ts'
import type { PeerLink } from './peer-link.ts'
import type { NextOutput } from './replay/next-output.ts'
import type { StageWork } from './stage-work.ts'

/** What a pipeline has once it is ready. */
export interface FormedParts {
  readonly loaded: LoadedWork
  readonly output: PipelineOutput
}

/** Sessions that a driver may open before a pipeline is ready, as a multiple of those it planned. */
const EARLY_OPENS_PER_SESSION = 2

/**
 * One pipeline that this node has a part in.
 *
 * - `forming`: planned; loads and links. `complete` leads to `ready`, a failure or `end` to `over`.
 * - `ready`: takes frames. `enter` leads to `ready` under a higher epoch, `end` to `over`.
 * - `over`: takes nothing; its sessions are freed after the run in progress.
 */
export class Pipeline implements LoopPipeline {
  readonly id: PipelineId
  readonly plan: PlanMessage
  /** The link that planned it: it alone controls it, and gets its errors. */
  readonly driver: PeerLink
  /** Aborts when it is over. */
  readonly over: AbortController = new AbortController()
  /** The link that brings its frames, once it has joined; the driver's own link may always. */
  feeder: PeerLink | undefined
  /** The link to the next stage. */
  nextLink: NextLink | undefined
  /** What was given to the next stage; undefined while it isn't loaded, and if results go to the driver. */
  nextOutput: NextOutput | undefined
  /** Aborts the reform that links to the next stage now. */
  linking: AbortController | undefined
  /** Resolves, never rejects, when forming has ended either way. */
  forming: Promise<void> = Promise.resolve()
  /** Resolves when everything of it is freed; undefined while it isn't over. */
  ended: Promise<void> | undefined
  #epoch: Epoch
  readonly #earlyOpens: (() => Promise<void>)[] = []
  #parts: FormedParts | undefined
  #isOutputLost = false

  constructor(plan: PlanMessage, driver: PeerLink) {
    this.id = pipelineId(plan.pipeline)
    this.#epoch = epoch(plan.epoch)
    this.plan = plan
    this.driver = driver
  }

  /** Of the formation in force. */
  get epoch(): Epoch {
    return this.#epoch
  }

  /** The link to the next stage, if there is one. */
  get next(): Link | undefined {
    return this.nextLink?.link
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

  get output(): PipelineOutput {
    return this.#formed.output
  }

  /** Makes it ready. */
  complete(parts: FormedParts): void {
    this.#parts = parts
  }

  /**
   * Keeps the opening of a session until the pipeline is ready.
   *
   * @throws PipelineNotReadyError if as many wait as may.
   */
  openLater(open: () => Promise<void>): void {
    if (this.#earlyOpens.length >= this.sessionsMax * EARLY_OPENS_PER_SESSION) {
      throw new PipelineNotReadyError(this.id)
    }
    this.#earlyOpens.push(open)
  }

  /** Opens the sessions that waited. */
  async openEarly(): Promise<void> {
    for (let open = this.#earlyOpens.shift(); open !== undefined; open = this.#earlyOpens.shift())
      await open()
  }

  /**
   * @throws ReformStaleError for an epoch that isn't higher; PlanRefusedError if results would go to the driver instead of
   * a next stage, or the other way round.
   */
  checkReform(reform: ReformMessage): void {
    if (reform.epoch <= this.epoch) {
      throw new ReformStaleError({ pipeline: this.id, epoch: reform.epoch, inForce: this.epoch })
    }
    if ((reform.next === null) === (this.plan.next === null)) return
    throw new PlanRefusedError(
      `the reform names ${reform.next === null ? 'no' : 'a'} next stage, the plan ${this.plan.next === null ? 'none' : 'one'}`,
    )
  }

  /** Goes on under a higher epoch: the feeder has to join again, and nothing goes to the next stage until that is joined. */
  enter(higher: number): void {
    this.feeder?.leave(this.id, this.epoch)
    this.feeder = undefined
    this.#epoch = epoch(higher)
    this.#isOutputLost = false
    this.nextOutput?.suspend()
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
