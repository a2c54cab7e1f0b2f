import type { Clock, Log } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import type { DescribeMessage, MeasureMessage, ReceiptAskMessage, WeightsAskMessage } from '@shardline/wire'
import type { NodeRole } from './node-role.ts'
import type { PeerLink } from './peer-link.ts'
import type { PipelineRegistry } from './pipeline-registry.ts'
import { pingNext } from './ping-next.ts'
import { answerReceiptAsk } from './proof/answer-receipt-ask.ts'
import { refusalContext } from './refusal-context.ts'
import type { RefusalContext } from './refusal-context.ts'
import type { ResolvedNodeSettings } from './settings.ts'
import { WeightSharer } from './weights/weight-sharer.ts'
import type { SharedFiles } from './weights/weight-sharer.ts'

/** What {@link NodeAnswers} works with. */
export interface NodeAnswersComponents {
  readonly clock: Clock
  readonly log: Log
  readonly role: NodeRole
  readonly registry: Pick<PipelineRegistry, 'controlled' | 'size'>
  /** Signs receipts; undefined refuses them. */
  readonly identity?: Identity | undefined
  /** Files of models that it gives to others; undefined refuses asks. */
  readonly weights?: SharedFiles | undefined
  /** Tells a peer why it gets no answer. */
  readonly refuse: (peer: PeerLink, cause: unknown, context: RefusalContext) => void
}

/** Who answers. */
export interface NodeAnswersInit {
  readonly node: string
  /** Name and version of the software. */
  readonly software: string
  readonly settings: ResolvedNodeSettings
}

/**
 * Answers what peers ask of a node without changing any pipeline: what it is, how far the next stage is, a receipt, weights. What it
 * can't answer it refuses by name; nothing here rejects.
 */
export class NodeAnswers {
  readonly #components: NodeAnswersComponents
  readonly #init: NodeAnswersInit
  readonly #sharer: WeightSharer

  constructor(components: NodeAnswersComponents, init: NodeAnswersInit) {
    this.#components = components
    this.#init = init
    const { weightsAsksMax, weightsAsksWaitingMax, weightsBytesPerSecondMax } = init.settings
    this.#sharer = new WeightSharer(
      { clock: components.clock, files: components.weights },
      {
        asksMax: weightsAsksMax,
        waitingMax: weightsAsksWaitingMax,
        bytesPerSecondMax: weightsBytesPerSecondMax,
      },
    )
  }

  /** Bytes of model files that were given so far. */
  get weightBytes(): number {
    return this.#sharer.sentBytes
  }

  /** Gives no more weights. */
  stop(): void {
    this.#sharer.stop()
  }

  /** What the node is now. */
  async describe(message: DescribeMessage, peer: PeerLink): Promise<void> {
    const { role, registry, weights, refuse } = this.#components
    const { request } = message
    try {
      const facts = await role.describe()
      const { node, software } = this.#init
      peer.reply({
        kind: 'description',
        request,
        node,
        role: role.kind,
        software,
        ...facts,
        pipelines: registry.size,
        shares: weights?.digests() ?? [],
      })
    } catch (cause) {
      refuse(peer, cause, { request })
    }
  }

  /** How far the next stage is. */
  async measure(message: MeasureMessage, peer: PeerLink): Promise<void> {
    const { registry, refuse } = this.#components
    const { request, pipeline } = message
    try {
      const { next } = registry.controlled(pipeline, peer)
      peer.reply({ kind: 'measured', request, nextRoundTripMs: await pingNext(next) })
    } catch (cause) {
      refuse(peer, cause, refusalContext(message))
    }
  }

  /** The receipt of this stage for an answer. */
  async signReceipt(message: ReceiptAskMessage, peer: PeerLink): Promise<void> {
    const { identity, clock, role, log, registry, refuse } = this.#components
    try {
      const { plan, loaded, work } = registry.controlled(message.pipeline, peer)
      const subject = {
        role: role.kind,
        plan,
        numericClass: loaded?.numericClass ?? '',
        evidence: work.evidence,
      }
      peer.reply(await answerReceiptAsk(message, { identity, clock }, subject))
      log.info('receipt-signed', { pipeline: message.pipeline, ask: message.ask, fence: message.fence })
    } catch (cause) {
      refuse(peer, cause, { request: message.request, pipeline: message.pipeline })
    }
  }

  /** Resolves when there is room for the next: who asks for weights gets them one range after the other. */
  async giveWeights(message: WeightsAskMessage, peer: PeerLink): Promise<void> {
    const { refuse } = this.#components
    try {
      peer.reply(await this.#sharer.answer(message))
    } catch (cause) {
      refuse(peer, cause, { request: message.request })
    }
    await peer.outbox.room()
  }
}
