import type { Clock, Log } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { Link, Message, PlanMessage, Transport } from '@shardline/wire'
import { NextLostError } from './errors.ts'
import type { LoadProgress, NodeRole } from './node-role.ts'
import { Outbox } from './outbox.ts'
import type { OutboxInit } from './outbox.ts'
import { dialPeer } from './peer-address.ts'
import type { Pipeline } from './pipeline.ts'

/** What a {@link PipelineFormer} works with. */
export interface PipelineFormerComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  readonly role: NodeRole
}

/** Options of a {@link PipelineFormer}. */
export interface PipelineFormerInit {
  /** Messages that may wait for room on the link to the next stage. */
  readonly outboxMessagesMax: number
  /** Called when the way to the next stage has room again. */
  readonly onRoom: () => void
}

/** Makes planned pipelines ready: loads, links to the next stage, answers the driver. */
export class PipelineFormer {
  readonly #components: PipelineFormerComponents
  readonly #init: PipelineFormerInit

  constructor(components: PipelineFormerComponents, init: PipelineFormerInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * Forms a pipeline and answers `ready`.
   *
   * @throws whatever loading or dialing throws; AbortedError if the pipeline ended meanwhile. Nothing is held then.
   */
  async form(pipeline: Pipeline): Promise<void> {
    const { clock, log, role } = this.#components
    const { plan, driver } = pipeline
    const { signal } = pipeline.over
    const startedMs = clock.monotonic()
    log.info('loading', { pipeline: plan.pipeline, epoch: plan.epoch, layers: plan.layers })
    const loaded = await role.load(plan, { onProgress: progressTo(pipeline), signal })
    try {
      const output = plan.next === null ? driver.outbox : await this.#linkNext(pipeline, plan.next)
      if (signal.aborted) throw new AbortedError('forming the pipeline', signal.reason)
      pipeline.complete({ loaded, output })
    } catch (cause) {
      await pipeline.next?.close('the pipeline could not be formed')
      await loaded.release()
      throw cause
    }
    const loadMs = clock.monotonic() - startedMs
    const { packedBytes, numericClass } = loaded
    const { request, pipeline: id, epoch, layers } = plan
    driver.reply({ kind: 'ready', request, pipeline: id, epoch, layers, packedBytes, loadMs, numericClass })
    log.info('ready', { pipeline: id, epoch, layers, packedBytes, loadMs })
  }

  async #linkNext(pipeline: Pipeline, next: string): Promise<Outbox> {
    const { transport, log } = this.#components
    const link = await dialPeer(transport, next, { signal: pipeline.over.signal })
    const { address } = link.peer
    pipeline.next = link
    const init: OutboxInit = {
      messagesMax: this.#init.outboxMessagesMax,
      onRoom: this.#init.onRoom,
      onFailure: (cause) => this.#lose(pipeline, address, cause),
    }
    await link.send({ kind: 'join', pipeline: pipeline.id, epoch: pipeline.epoch })
    void this.#readNext(pipeline, link)
    log.info('joined', { pipeline: pipeline.id, epoch: pipeline.epoch, next: address })
    return new Outbox(link, init)
  }

  /** The next stage says nothing on this link but errors, which its driver has to know; reading also shows when it is gone. */
  async #readNext(pipeline: Pipeline, link: Link): Promise<void> {
    let cause: unknown
    try {
      for await (const message of link.messages()) this.#forward(pipeline, message)
    } catch (thrown) {
      cause = thrown
    }
    this.#lose(pipeline, link.peer.address, cause)
  }

  #forward(pipeline: Pipeline, message: Message): void {
    if (message.kind !== 'error' || pipeline.over.signal.aborted) return
    const { code, message: reason, sessions } = message
    this.#components.log.warn('next-refused', { pipeline: pipeline.id, sessions, code, reason })
    pipeline.driver.reply({ ...message, request: null, pipeline: pipeline.id })
  }

  #lose(pipeline: Pipeline, address: string, cause: unknown): void {
    const error = new NextLostError(pipeline.id, address, cause)
    if (!pipeline.reportOutputLost(error)) return
    const reason = cause === undefined ? 'the link was closed' : fromUnknown(cause).message
    this.#components.log.warn('next-lost', { pipeline: pipeline.id, next: address, code: error.code, reason })
  }
}

/** Progress for a driver that doesn't read is dropped, except that it is told when it reads again. */
function progressTo(pipeline: Pipeline): LoadProgress {
  const { request }: PlanMessage = pipeline.plan
  return (progress) => {
    if (pipeline.over.signal.aborted) return
    const { what, doneBytes, totalBytes } = progress
    pipeline.driver.refuse({ kind: 'progress', request, what, doneBytes, totalBytes })
  }
}
