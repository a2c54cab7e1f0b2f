import type { Clock, Log, Service } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import type {
  ErrorMessage,
  HiddenMessage,
  JoinMessage,
  Link,
  Listener,
  Message,
  MessageKind,
  PlanMessage,
  ReformMessage,
  ReleaseMessage,
  SessionOpenMessage,
  SessionStanding,
  Transport,
} from '@shardline/wire'
import { MessageUnexpectedError, NodeStoppingError, PlanRefusedError, ReformStaleError } from './errors.ts'
import { NodeAnswers } from './node-answers.ts'
import { nodePipeline } from './node-pipeline.ts'
import type { NodePipeline } from './node-pipeline.ts'
import type { NodeRole } from './node-role.ts'
import { PeerLink } from './peer-link.ts'
import { PipelineFormer } from './pipeline-former.ts'
import { PipelineRegistry } from './pipeline-registry.ts'
import type { Pipeline } from './pipeline.ts'
import { refusalContext } from './refusal-context.ts'
import type { RefusalContext } from './refusal-context.ts'
import { resolveNodeSettings } from './settings.ts'
import type { NodeSettings, ResolvedNodeSettings } from './settings.ts'
import { StageLoop } from './stage-loop.ts'
import { waitUntilIdle } from './wait-until-idle.ts'
import type { SharedFiles } from './weights/weight-sharer.ts'
import type { StageLoopCounters } from './stage-loop.ts'

/** What a {@link NodeServer} works with. */
export interface NodeServerComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  readonly role: NodeRole
  /** Signs receipts: the one that the node proves on its links. @default none: receipts are refused */
  readonly identity?: Identity | undefined
  /** Files of models that it gives to other nodes. @default none: asks are refused */
  readonly weights?: SharedFiles | undefined
}

/** What a {@link NodeServer} is. */
export interface NodeServerInit {
  /** Node id, as the transport says it in handshakes. */
  readonly node: string
  /** Name and version of the software. */
  readonly software: string
  /** Address to listen on. */
  readonly listen: string
  readonly settings?: NodeSettings
}

/** What a node has done since it started. */
export interface NodeCounters extends StageLoopCounters {
  /** Frames of an earlier epoch, which were dropped. */
  readonly staleFrames: number
  /** Messages that were refused. */
  readonly refusals: number
  /** Bytes of model files that were given to other nodes. */
  readonly weightBytes: number
  readonly pipelines: number
  /** Bytes of rows that are kept to be sent again; `replayBytesMax` bounds them. */
  readonly recordBytes: number
}

/** Deals with one kind of message; a promise means: read on when it resolves. */
type Handler<Kind extends MessageKind> = (
  message: Extract<Message, { readonly kind: Kind }>,
  peer: PeerLink,
) => Promise<void> | undefined

/** Kinds that a stage takes; the rest is refused. */
interface Handlers {
  readonly describe: Handler<'describe'>
  readonly plan: Handler<'plan'>
  readonly reform: Handler<'reform'>
  readonly join: Handler<'join'>
  readonly hidden: Handler<'hidden'>
  readonly release: Handler<'release'>
  readonly 'session-open': Handler<'session-open'>
  readonly 'receipt-ask': Handler<'receipt-ask'>
  readonly measure: Handler<'measure'>
  readonly 'weights-ask': Handler<'weights-ask'>
  readonly error: Handler<'error'>
}

/**
 * A stage process as its peers see it: accepts links, serves the pipelines that drivers plan, and answers what is wrong.
 * A link that misbehaves is refused or closed; it never takes the process or other links along.
 */
export class NodeServer implements Service {
  readonly #components: NodeServerComponents
  readonly #init: NodeServerInit
  readonly #settings: ResolvedNodeSettings
  readonly #registry: PipelineRegistry
  readonly #loop: StageLoop
  readonly #former: PipelineFormer
  readonly #answers: NodeAnswers
  readonly #handlers: Handlers
  readonly #counters = { staleFrames: 0, refusals: 0 }
  #listener: Listener | undefined
  #isDraining = false
  #stopping: Promise<void> | undefined

  constructor(components: NodeServerComponents, init: NodeServerInit) {
    this.#components = components
    this.#init = init
    this.#settings = resolveNodeSettings(init.settings)
    this.#registry = new PipelineRegistry(this.#settings.pipelinesMax)
    this.#loop = new StageLoop(components, { node: init.node, settings: this.#settings })
    this.#former = new PipelineFormer({ ...components, loop: this.#loop }, this.#settings)
    this.#answers = new NodeAnswers(
      { ...components, registry: this.#registry, refuse: this.#refuse.bind(this) },
      { node: init.node, software: init.software, settings: this.#settings },
    )
    this.#handlers = {
      describe: (message, peer) => void this.#answers.describe(message, peer),
      plan: (message, peer) => this.#plan(message, peer),
      reform: (message, peer) => this.#reform(message, peer),
      join: (message, peer) => this.#join(message, peer),
      hidden: (message, peer) => this.#hidden(message, peer),
      release: (message, peer) => this.#release(message, peer),
      'session-open': (message, peer) => this.#openSession(message, peer),
      'receipt-ask': (message, peer) => this.#answers.signReceipt(message, peer),
      measure: (message, peer) => this.#answers.measure(message, peer),
      'weights-ask': (message, peer) => this.#answers.giveWeights(message, peer),
      error: (message, peer) => this.#onPeerError(message, peer),
    }
  }

  /** Address that peers dial; undefined before `start`. */
  get address(): string | undefined {
    return this.#listener?.address
  }

  /** What was done so far. */
  get counters(): NodeCounters {
    return {
      ...this.#loop.counters,
      ...this.#counters,
      pipelines: this.#registry.size,
      recordBytes: this.#former.recordBytes,
      weightBytes: this.#answers.weightBytes,
    }
  }

  /** The pipelines that it has a part in now. */
  get pipelines(): readonly NodePipeline[] {
    return this.#registry.all().map(nodePipeline)
  }

  /** @throws AddressUnusableError if it can't listen. */
  async start(): Promise<void> {
    const { transport, log } = this.#components
    this.#listener = await transport.listen(this.#init.listen, (link) => void this.#serve(link))
    log.info('listening', { address: this.#listener.address })
  }

  /**
   * Takes no more plans, lets answers end while there are any, for a while at most, and stops. A driver that still opens
   * sessions then is told, and puts another node in this one's place. `signal` ends the waiting.
   */
  async drain(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#isDraining = true
    this.#components.log.info('draining', { sessions: this.counters.sessionsOpen })
    const { drainMsMax: waitMsMax, drainIdleMs: idleMs } = this.#settings
    const { clock } = this.#components
    const isIdle = (): boolean => this.counters.sessionsOpen === 0
    // Whoever serves nobody has nobody to wait for.
    if (this.#registry.size > 0) await waitUntilIdle({ clock, isIdle }, { waitMsMax, idleMs, ...options })
    await this.stop()
  }

  /** Tells the drivers, finishes the run in progress, frees everything, and closes all links. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const { log, role } = this.#components
    const pipelines = this.#registry.all()
    log.info('stopping', { pipelines: pipelines.length })
    for (const driver of new Set(pipelines.map((pipeline) => pipeline.driver))) {
      driver.reply({ kind: 'leaving', reason: `${role.kind} ${this.#init.node} is stopping` })
    }
    this.#answers.stop()
    const isDrained = await this.#withinGrace(this.#loop.stop())
    log.info('drained', { isDrained })
    const isFreed = await this.#withinGrace(
      Promise.all(pipelines.map((pipeline) => this.#end(pipeline, 'the node is stopping'))),
    )
    await this.#listener?.close()
    // A run that doesn't end still uses what is loaded: then it is left to the end of the process.
    if (isDrained && isFreed) await role.stop()
    log.info('stopped', { isDrained, isFreed })
  }

  async #withinGrace(work: Promise<unknown>): Promise<boolean> {
    const over = new AbortController()
    const { clock } = this.#components
    const grace = clock.sleep(this.#settings.stopGraceMs, { signal: over.signal }).then(
      () => false,
      () => true,
    )
    const isDone = await Promise.race([work.then(() => true), grace])
    over.abort()
    return isDone
  }

  async #serve(link: Link): Promise<void> {
    const peer = new PeerLink(link, {
      messagesMax: this.#settings.outboxMessagesMax,
      onRoom: () => this.#loop.wake(),
      onFailure: (cause, message) => this.#onSendFailed(peer, cause, message),
    })
    const { log } = this.#components
    log.debug('link-accepted', { peer: peer.name, address: link.peer.address })
    let reason = 'closed by the peer'
    try {
      for await (const message of link.messages()) {
        // Who sends without reading our answers isn't read further either.
        const room = this.#dispatch(message, peer) ?? peer.outbox.room()
        if (room !== undefined) await room
      }
    } catch (cause) {
      const error = fromUnknown(cause)
      reason = error.message
      log.warn('link-lost', { peer: peer.name, code: error.code, reason })
    }
    const planned = this.#registry.unlink(peer)
    if (planned.length > 0) log.info('driver-gone', { peer: peer.name, pipelines: planned.length, reason })
    for (const pipeline of planned) void this.#end(pipeline, 'its driver is gone')
    await link.close('over').catch(() => undefined)
  }

  #dispatch(message: Message, peer: PeerLink): Promise<void> | undefined {
    try {
      const handler = (this.#handlers as Partial<Record<MessageKind, Handler<MessageKind>>>)[message.kind]
      if (handler === undefined) throw new MessageUnexpectedError(message.kind, this.#components.role.kind)
      return handler(message, peer)
    } catch (cause) {
      this.#refuse(peer, cause, refusalContext(message))
      return undefined
    }
  }

  #plan(message: PlanMessage, peer: PeerLink): undefined {
    if (this.#isDraining || this.#stopping !== undefined) throw new NodeStoppingError()
    const { sessionsMax, contextLength } = message
    const { sessionsOpenMax } = this.#settings
    if (sessionsMax < 1 || sessionsMax > sessionsOpenMax) {
      throw new PlanRefusedError(
        `the plan asks for ${sessionsMax} sessions; this node takes 1 to ${sessionsOpenMax}`,
        {
          details: { sessionsMax, sessionsOpenMax },
        },
      )
    }
    if (contextLength < 1)
      throw new PlanRefusedError(`the plan asks for sessions of ${contextLength} tokens; it takes 1 or more`)
    const { pipeline, replaced } = this.#registry.admit(message, peer)
    const { pipeline: id, epoch, layers } = message
    this.#components.log.info('planned', { pipeline: id, epoch, layers, driver: peer.name })
    pipeline.forming = this.#form(pipeline, replaced)
    return undefined
  }

  async #form(pipeline: Pipeline, replaced: Pipeline | undefined): Promise<void> {
    try {
      if (replaced !== undefined) void this.#end(replaced, 'a plan with a higher epoch replaces it')
      // What a driver released just before may make room for this one.
      await this.#registry.settled(pipeline)
      await this.#former.form(pipeline)
      await pipeline.openEarly()
      await this.#tellFeeder(pipeline)
    } catch (cause) {
      const { request } = pipeline.plan
      const isWanted = !pipeline.over.signal.aborted
      if (isWanted) this.#refuse(pipeline.driver, cause, { request, pipeline: pipeline.id, isFatal: true })
      void this.#end(pipeline, 'it could not be formed')
    }
  }

  /** Reads on when the formation is in force here; the way to the next stage comes after. */
  async #reform(message: ReformMessage, peer: PeerLink): Promise<void> {
    const { request, pipeline: id, epoch, next } = message
    try {
      const pipeline = this.#registry.controlled(id, peer)
      pipeline.checkReform(message)
      pipeline.linking?.abort()
      const sessions = await this.#loop.reform(pipeline, () => pipeline.enter(epoch))
      if (pipeline.over.signal.aborted) return
      this.#components.log.info('reforming', { pipeline: id, epoch, next, sessions: sessions.length })
      await this.#tellFeeder(pipeline)
      void this.#relink(pipeline, message, sessions)
    } catch (cause) {
      this.#refuse(peer, cause, { request, pipeline: id })
    }
  }

  async #relink(
    pipeline: Pipeline,
    reform: ReformMessage,
    sessions: readonly SessionStanding[],
  ): Promise<void> {
    const { request, epoch } = reform
    const { clock, log } = this.#components
    const startedMs = clock.monotonic()
    try {
      await this.#former.relink(pipeline, reform)
      pipeline.driver.reply({ kind: 'reformed', request, pipeline: pipeline.id, epoch, sessions })
      log.info('reformed', { pipeline: pipeline.id, epoch, linkMs: clock.monotonic() - startedMs })
    } catch (cause) {
      if (pipeline.over.signal.aborted) return
      const isStale = pipeline.epoch !== epoch
      const error = isStale
        ? new ReformStaleError({ pipeline: pipeline.id, epoch, inForce: pipeline.epoch })
        : cause
      this.#refuse(pipeline.driver, error, { request, pipeline: pipeline.id })
    }
  }

  #join(message: JoinMessage, peer: PeerLink): Promise<void> | undefined {
    const pipeline = this.#registry.join(message, peer)
    this.#components.log.info('fed', { pipeline: message.pipeline, epoch: message.epoch, peer: peer.name })
    return pipeline === undefined ? undefined : this.#tellFeeder(pipeline)
  }

  /** Tells the stage before, if it has joined, where this one stands. Nothing of its epoch came yet. */
  async #tellFeeder(pipeline: Pipeline): Promise<void> {
    await this.#loop.atRest(() => {
      const { id, epoch } = pipeline
      if (!pipeline.isReady) return
      const sessions = this.#loop.standing(pipeline)
      this.#registry.feeder(pipeline)?.reply({ kind: 'standing', pipeline: id, epoch, sessions })
    })
  }

  #hidden(message: HiddenMessage, peer: PeerLink): Promise<void> | undefined {
    const pipeline = this.#registry.fed(message, peer)
    if (pipeline !== undefined) return this.#loop.accept(pipeline, message)
    this.#counters.staleFrames += 1
    return undefined
  }

  #release(message: ReleaseMessage, peer: PeerLink): undefined {
    const pipeline = this.#registry.get(message.pipeline)
    if (pipeline !== undefined && pipeline.driver === peer) void this.#end(pipeline, 'its driver released it')
    return undefined
  }

  #openSession(message: SessionOpenMessage, peer: PeerLink): Promise<void> | undefined {
    const { openSession, kind } = this.#components.role
    if (openSession === undefined) throw new MessageUnexpectedError(message.kind, kind)
    const pipeline = this.#registry.planned(message.pipeline, peer)
    if (pipeline.isReady) return this.#openNow(message, pipeline)
    pipeline.openLater(async () => {
      try {
        await this.#openNow(message, pipeline)
      } catch (cause) {
        this.#refuse(peer, cause, refusalContext(message))
      }
    })
    return undefined
  }

  #openNow(message: SessionOpenMessage, pipeline: Pipeline): Promise<void> | undefined {
    const { request, session, resume } = message
    const { driver } = pipeline
    const opening = this.#components.role.openSession?.(message, pipeline)
    const reply = (): void => driver.reply({ kind: 'session-opened', request, session })
    if (opening === undefined && resume === null) {
      reply()
      return undefined
    }
    const resumed = async (): Promise<void> => {
      await opening
      if (resume === null) return
      const { turn, position: length } = resume
      await this.#loop.resume(pipeline, { session, turn, length })
    }
    return resumed().then(reply, (cause: unknown) => this.#refuse(driver, cause, refusalContext(message)))
  }

  #onPeerError(message: ErrorMessage, peer: PeerLink): undefined {
    this.#components.log.warn('peer-error', { peer: peer.name, code: message.code, reason: message.message })
    return undefined
  }

  /** Ends a pipeline; resolves when everything of it is freed. Never rejects. */
  #end(pipeline: Pipeline, why: string): Promise<void> {
    pipeline.ended ??= this.#endNow(pipeline, why)
    return pipeline.ended
  }

  async #endNow(pipeline: Pipeline, why: string): Promise<void> {
    const { log } = this.#components
    this.#registry.retire(pipeline)
    pipeline.over.abort()
    pipeline.feeder?.leave(pipeline.id, pipeline.epoch)
    try {
      await pipeline.forming
      const sessions = await this.#loop.drop(pipeline)
      pipeline.nextOutput?.clear()
      await pipeline.loaded?.release()
      await pipeline.nextLink?.close(why)
      log.info('released', { pipeline: pipeline.id, epoch: pipeline.epoch, sessions, why })
    } catch (cause) {
      const { code, message } = fromUnknown(cause)
      log.error('release-failed', { pipeline: pipeline.id, code, reason: message })
    } finally {
      this.#registry.forget(pipeline)
    }
  }

  #refuse(peer: PeerLink, cause: unknown, context: RefusalContext): void {
    const { code, message } = fromUnknown(cause)
    this.#counters.refusals += 1
    const { request = null, pipeline = null, sessions = [], isFatal = false } = context
    this.#components.log.warn('refused', { peer: peer.name, pipeline, sessions, code, reason: message })
    peer.refuse({ kind: 'error', code, message, request, pipeline, sessions, isFatal })
  }

  /** A link that is gone shows in `#serve`; a message that didn't fit is lost, and its pipeline with it. */
  #onSendFailed(peer: PeerLink, cause: unknown, message: Message): void {
    const error = fromUnknown(cause)
    const { code, message: reason } = error
    this.#components.log.warn('send-failed', { peer: peer.name, kind: message.kind, code, reason })
    if (message.kind !== 'tokens' && message.kind !== 'session-closed') return
    this.#registry.get(message.pipeline)?.reportOutputLost(error)
  }
}
