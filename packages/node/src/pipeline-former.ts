import type { Clock, Log } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { ErrorMessage, PlanMessage, ReformMessage, Transport } from '@shardline/wire'
import { NextLostError, NextSilentError, NextUnreachableError, ReplayMissingError } from './errors.ts'
import { NEXT_WAIT_REPORT_MS } from './limits.ts'
import { NextLink } from './next-link.ts'
import type { LoadProgress, NodeRole } from './node-role.ts'
import { dialPeer } from './peer-address.ts'
import type { Pipeline } from './pipeline.ts'
import { NextOutput } from './replay/next-output.ts'
import { ReplayBudget } from './replay/replay-budget.ts'
import type { ResolvedNodeSettings } from './settings.ts'
import type { StageLoop } from './stage-loop.ts'
import { within } from './within.ts'

/** What a {@link PipelineFormer} works with. */
export interface PipelineFormerComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  readonly role: NodeRole
  readonly loop: Pick<StageLoop, 'wake' | 'atRest' | 'abandon'>
}

/** A way to the next stage that is to be made. */
interface Linking {
  readonly next: string
  readonly epoch: number
  /** The driver's request that asks for it. */
  readonly request: number
  readonly signal: AbortSignal
}

/** Makes planned pipelines ready: loads, links to the next stage, answers the driver; and links them again on a reform. */
export class PipelineFormer {
  readonly #components: PipelineFormerComponents
  readonly #settings: ResolvedNodeSettings
  readonly #budget: ReplayBudget

  constructor(components: PipelineFormerComponents, settings: ResolvedNodeSettings) {
    this.#components = components
    this.#settings = settings
    this.#budget = new ReplayBudget(settings.replayBytesMax)
  }

  /** Bytes of the records of all sessions, which are sent again if a next stage is lost. */
  get recordBytes(): number {
    return this.#budget.bytes
  }

  /**
   * Forms a pipeline and answers `ready`.
   *
   * @throws whatever loading throws; NextUnreachableError, NextLostError, NextSilentError; AbortedError if the pipeline
   * ended meanwhile. Nothing is held then.
   */
  async form(pipeline: Pipeline): Promise<void> {
    const { clock, log, role } = this.#components
    const { plan, driver } = pipeline
    const { signal } = pipeline.over
    const startedMs = clock.monotonic()
    log.info('loading', { pipeline: plan.pipeline, epoch: plan.epoch, layers: plan.layers })
    const loaded = await role.load(plan, { onProgress: progressTo(pipeline, plan.request), signal })
    try {
      const output = plan.next === null ? undefined : this.#makeOutput(pipeline, loaded.work.hiddenSize)
      pipeline.nextOutput = output
      if (plan.next !== null) await this.#link(pipeline, { ...plan, next: plan.next, signal })
      if (signal.aborted) throw new AbortedError('forming the pipeline', signal.reason)
      pipeline.complete({ loaded, output: output ?? driver.outbox })
    } catch (cause) {
      pipeline.nextOutput?.clear()
      await pipeline.nextLink?.close('the pipeline could not be formed')
      await loaded.release()
      throw cause
    }
    const loadMs = clock.monotonic() - startedMs
    const { packedBytes, numericClass } = loaded
    const { request, pipeline: id, epoch, layers } = plan
    driver.reply({ kind: 'ready', request, pipeline: id, epoch, layers, packedBytes, loadMs, numericClass })
    log.info('ready', { pipeline: id, epoch, layers, packedBytes, loadMs })
  }

  /**
   * Links a pipeline to the next stage of a formation that is in force here, and sends it what it lacks. A formation that
   * comes before this one is linked gives this one up.
   *
   * @throws NextUnreachableError, NextLostError, NextSilentError; AbortedError if it was given up. The pipeline goes on
   * recording, and can be linked again.
   */
  async relink(pipeline: Pipeline, reform: ReformMessage): Promise<void> {
    const { next } = reform
    if (next === null) return
    const linking = new AbortController()
    pipeline.linking = linking
    try {
      const signal = AbortSignal.any([linking.signal, pipeline.over.signal])
      await this.#link(pipeline, { ...reform, next, signal })
    } finally {
      if (pipeline.linking === linking) pipeline.linking = undefined
    }
    const { nextLink } = pipeline
    if (nextLink?.isOpen === false) this.#lose(pipeline, nextLink, undefined)
  }

  async #link(pipeline: Pipeline, linking: Linking): Promise<void> {
    const { clock, loop, log } = this.#components
    const { nextStandingMsMax: waitMsMax } = this.#settings
    const { next, epoch, signal } = linking
    const reported = new AbortController()
    void this.#reportWaiting(pipeline, linking, AbortSignal.any([signal, reported.signal]))
    try {
      const link = await this.#reach(pipeline, linking)
      const onLate = (): NextSilentError =>
        new NextSilentError({ pipeline: pipeline.id, address: next, waitMsMax })
      const standing = await within({ clock, waitMsMax, signal, onLate }, (until) => link.join(epoch, until))
      let replayedRows = 0
      await loop.atRest(() => {
        if (signal.aborted) throw new AbortedError('linking to the next stage', signal.reason)
        replayedRows +=
          pipeline.nextOutput?.resume({ outbox: link.outbox, epoch: pipeline.epoch, standing }) ?? 0
      })
      loop.wake()
      if (!link.isOpen) throw new NextLostError(pipeline.id, link.link.peer.address)
      log.info('joined', {
        pipeline: pipeline.id,
        epoch,
        next: link.link.peer.address,
        sessions: standing.length,
        replayedRows,
      })
    } catch (cause) {
      // Who gave this one up goes on with the link that it left.
      if (!signal.aborted) this.#unlink(pipeline, 'it could not be joined')
      throw cause
    } finally {
      reported.abort()
    }
  }

  /** The link to the next stage: the one that is there, or a new one in its place. */
  async #reach(pipeline: Pipeline, { next, signal }: Linking): Promise<NextLink> {
    const { transport, clock } = this.#components
    const { nextDialMsMax: waitMsMax } = this.#settings
    const before = pipeline.nextLink
    if (before?.address === next && before.isOpen) return before
    this.#unlink(pipeline, 'another stage comes next')
    const unreachable = (cause: unknown): NextUnreachableError =>
      new NextUnreachableError(pipeline.id, next, fromUnknown(cause))
    const onLate = (): NextUnreachableError =>
      unreachable(new AbortedError(`dialing, which took more than ${waitMsMax} ms,`))
    const dialing = within({ clock, waitMsMax, signal, onLate }, (until) =>
      dialPeer(transport, next, { signal: until }),
    )
    const link = await dialing.catch((cause: unknown) => {
      throw signal.aborted || cause instanceof NextUnreachableError ? cause : unreachable(cause)
    })
    if (signal.aborted) {
      void link.close('the formation is over').catch(() => undefined)
      throw new AbortedError('linking to the next stage', signal.reason)
    }
    const nextLink: NextLink = new NextLink(link, {
      pipeline: pipeline.id,
      address: next,
      outboxMessagesMax: this.#settings.outboxMessagesMax,
      onRoom: () => {
        pipeline.nextOutput?.pump()
        this.#components.loop.wake()
      },
      onFailure: (cause) => this.#lose(pipeline, nextLink, cause),
      onError: (message) => this.#forward(pipeline, message),
    })
    pipeline.nextLink = nextLink
    return nextLink
  }

  #unlink(pipeline: Pipeline, reason: string): void {
    const before = pipeline.nextLink
    pipeline.nextLink = undefined
    pipeline.nextOutput?.suspend()
    // A process that is frozen doesn't answer a goodbye.
    void before?.close(reason)
  }

  #makeOutput(pipeline: Pipeline, hiddenSize: number): NextOutput {
    const { log, loop } = this.#components
    const { rowsPerRunMax: rowsPerFrameMax, replayBytesMax } = this.#settings
    const onMissing = (sessions: readonly string[]): void => {
      const error = new ReplayMissingError(pipeline.id, sessions, replayBytesMax)
      log.warn('replay-missing', { pipeline: pipeline.id, sessions })
      pipeline.report(error, sessions)
      void loop.abandon(pipeline, sessions)
    }
    return new NextOutput({
      pipeline: pipeline.id,
      hiddenSize,
      rowsPerFrameMax,
      budget: this.#budget,
      onMissing,
    })
  }

  #forward(pipeline: Pipeline, message: ErrorMessage): void {
    if (pipeline.over.signal.aborted) return
    const { code, message: reason, sessions } = message
    this.#components.log.warn('next-refused', { pipeline: pipeline.id, sessions, code, reason })
    pipeline.driver.reply({ ...message, request: null, pipeline: pipeline.id })
  }

  /** Results are recorded from here on. While a formation is linked, its request is answered instead of the driver told. */
  #lose(pipeline: Pipeline, link: NextLink, cause: unknown): void {
    if (pipeline.nextLink !== link) return
    pipeline.nextOutput?.suspend()
    if (pipeline.linking !== undefined || !pipeline.isReady) return
    const { address } = link.link.peer
    const error = new NextLostError(pipeline.id, address, cause)
    if (!pipeline.reportOutputLost(error)) return
    const reason = cause === undefined ? 'the link was closed' : fromUnknown(cause).message
    this.#components.log.warn('next-lost', { pipeline: pipeline.id, next: address, code: error.code, reason })
  }

  /** Tells the driver again and again that the next stage is waited for, so that this one isn't taken for silent. */
  async #reportWaiting(pipeline: Pipeline, { request, next }: Linking, signal: AbortSignal): Promise<void> {
    const report = progressTo(pipeline, request)
    try {
      for (;;) {
        await this.#components.clock.sleep(NEXT_WAIT_REPORT_MS, { signal })
        report({ what: `the next stage at ${next}`, doneBytes: 0, totalBytes: 0 })
      }
    } catch {
      // The wait is over.
    }
  }
}

/** Progress for a driver that doesn't read is dropped, except that it is told when it reads again. */
function progressTo(pipeline: Pipeline, request: PlanMessage['request']): LoadProgress {
  return (progress) => {
    if (pipeline.over.signal.aborted) return
    const { what, doneBytes, totalBytes } = progress
    pipeline.driver.refuse({ kind: 'progress', request, what, doneBytes, totalBytes })
  }
}
