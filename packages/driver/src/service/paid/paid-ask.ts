import { assert, fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, ShardlineError } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import type { Pipeline } from '../../driver-types.ts'
import type { PipelineReceipts, ReceiptTerms } from '../../proof/pipeline-receipts.ts'
import type { AnswerProgress } from '../answer-count.ts'
import type {
  AskMarket,
  AskMarketOptions,
  ClaimName,
  GiveUpReason,
  PaidParticipants,
  PaidTokens,
  PaidWork,
} from './ask-market.ts'
import { callWithin } from './call-within.ts'
import type { Deliveries } from './deliveries.ts'
import { refusalOf } from './market-decision.ts'
import { ClaimLostError, ProofLostError } from './paid-errors.ts'
import { areSameParticipants, checkStages } from './participants.ts'
import { asProofLost } from './proof-lost.ts'
import { ProofSoFar } from './proof-so-far.ts'
import type { PartialProof } from './proof-so-far.ts'

/** What a {@link PaidAsk} works with. */
export interface PaidAskComponents {
  readonly market: AskMarket
  readonly clock: Clock
  readonly log: Log
  /** Signs the driver's own receipt. */
  readonly identity: Identity
  readonly deliveries: Pick<Deliveries, 'track' | 'deliver' | 'stopped'>
}

/** Options of a {@link PaidAsk}. */
export interface PaidAskInit {
  readonly work: PaidWork
  readonly callMsMax: Milliseconds
  readonly progressMs: Milliseconds
  readonly receiptIntervalRows: number
  readonly settleWaitMsMax: Milliseconds
}

/** The part of a pipeline that proves who made an answer. */
export type PaidPipeline = Pick<Pipeline, 'stages' | 'participants' | 'receipts'>

/** What is handed in for an answer. */
export interface FinishedAnswer {
  /** Of each choice that ran. */
  readonly sessions: readonly string[]
  readonly delivered: PaidTokens
}

/** Reports come at least this far apart, however short a lease is. */
const PROGRESS_MS_MIN = 250
/** Reports within one lease, so that one that gets lost doesn't end it. */
const REPORTS_PER_LEASE = 4

/**
 * A claimed request while it is answered: tells the market who takes part and how far it is, until it is settled or given
 * back. While the market is away the answer goes on; only its decision that the claim is lost ends it.
 */
export class PaidAsk {
  readonly work: PaidWork
  readonly #components: PaidAskComponents
  readonly #init: PaidAskInit
  readonly #lost = new AbortController()
  readonly #over = new AbortController()
  #pipeline: PaidPipeline | undefined
  #wanted: PaidParticipants | undefined
  #started: PaidParticipants | undefined
  #delivered: PaidTokens = { prompt: 0, output: 0 }
  #proof: ProofSoFar | undefined
  #telling: Promise<void> = Promise.resolve()
  #isOver = false

  constructor(components: PaidAskComponents, init: PaidAskInit) {
    this.work = init.work
    this.#components = components
    this.#init = init
  }

  /** Aborts with the reason when the claim is lost: the answer is worth nothing from then on. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /**
   * Names the participants; the request runs from then on.
   *
   * @throws ReceiptInvalidError, StageNotWantedError; ClaimLostError, PaymentRefusedError; MarketDownError.
   */
  async begin(pipeline: PaidPipeline): Promise<void> {
    this.#pipeline = pipeline
    this.#look(pipeline)
    await this.#decided(() =>
      callWithin({ clock: this.#components.clock, msMax: this.#init.callMsMax }, ({ signal }) =>
        this.#tellParticipants(signal),
      ),
    )
    this.#proof = this.#proofOf(pipeline)
    this.#telling = this.#tellProgress()
  }

  /** Stages were replaced: others take part from here on. */
  restage(): void {
    if (this.#pipeline === undefined || this.#isOver) return
    try {
      this.#look(this.#pipeline)
    } catch (cause) {
      this.#lose(fromUnknown(cause))
      return
    }
    // If the market can't be told now, it is with the next report.
    this.#tellParticipants(this.#over.signal).catch((cause: unknown) => this.#judge(cause))
  }

  /** Says how much is out: the market hears it with the next report, and now and then the stages are to sign for it. */
  count(progress: AnswerProgress): void {
    this.#delivered = progress.delivered
    this.#proof?.note(progress)
  }

  /**
   * Collects the receipts and hands them in. Resolves when the market has taken them, or when that takes so long that
   * the answer's end shouldn't wait for it: then it goes on in the background. An answer whose proof is lost with a stage
   * stays its user's: what was signed for while it ran is handed in, or the request is given up unbilled. That is no
   * failure of the answer.
   *
   * @throws what collecting receipts throws; ClaimLostError, PaymentRefusedError.
   */
  async finish(answer: FinishedAnswer): Promise<void> {
    const settling = this.#components.deliveries.track(this.#settle(answer))
    let isWaitedFor = true
    settling.catch((cause: unknown) => {
      if (!isWaitedFor) void this.#writeOff(fromUnknown(cause))
    })
    try {
      await this.#atMost(settling)
    } catch (cause) {
      if (!(cause instanceof ProofLostError)) throw cause
      await this.#writeOff(cause)
    } finally {
      isWaitedFor = false
    }
  }

  /**
   * Gives the request back, if it is still the driver's: it waits for the next claim then. Resolves when that is done, or
   * when it takes long; then it goes on in the background. Never rejects.
   */
  release(): Promise<void> {
    const { market } = this.#components
    return this.#atMost(this.#letGo((options) => market.release(this.#name, options)))
  }

  /**
   * The answer failed: gives the request back where asking again can help, and else gives it up, so that its user has all
   * of its money back at once. Resolves as {@link release} does. Never rejects.
   */
  fail(error: ShardlineError): Promise<void> {
    return error.retryable ? this.release() : this.#giveUp('not-answered')
  }

  #giveUp(reason: GiveUpReason): Promise<void> {
    const { market } = this.#components
    return this.#atMost(this.#letGo((options) => market.giveUp({ ...this.#name, reason }, options)))
  }

  async #letGo(call: (options: AskMarketOptions) => Promise<unknown>): Promise<void> {
    const { clock, log } = this.#components
    const { id } = this.work
    await this.#endReports()
    if (this.#lost.signal.reason instanceof ClaimLostError) return
    try {
      await callWithin({ clock, msMax: this.#init.callMsMax }, call)
    } catch (cause) {
      log.info('ask-not-released', { ask: id, code: fromUnknown(cause).code })
    }
  }

  /** Waits for something, but doesn't let the answer's end wait long. */
  async #atMost(something: Promise<void>): Promise<void> {
    const done = new AbortController()
    const { settleWaitMsMax } = this.#init
    const patience = this.#components.clock.sleep(settleWaitMsMax, { signal: done.signal })
    try {
      await Promise.race([something, patience.catch(() => undefined)])
    } finally {
      done.abort()
    }
  }

  /** Sees who takes part. */
  #look(pipeline: PaidPipeline): void {
    checkStages(pipeline.stages, this.work.filters)
    this.#wanted = pipeline.participants()
  }

  async #settle(answer: FinishedAnswer): Promise<void> {
    const { log, deliveries } = this.#components
    const { id, fence, deadlineMs } = this.work
    const { receipts, participants, delivered } = await this.#prove(answer)
    this.#wanted = participants
    await this.#endReports()
    const hand = (signal: AbortSignal): Promise<void> => this.#hand({ receipts, delivered, signal })
    await this.#decided(() => deliveries.deliver({ ask: id, deadlineMs, hand }))
    log.info('ask-settled', { ask: id, fence, ...countsOf(delivered) })
  }

  /** @throws ProofLostError if a stage is gone, and nothing was signed before; what else collecting receipts throws. */
  async #prove({ sessions, delivered }: FinishedAnswer): Promise<PartialProof> {
    assert(this.#pipeline !== undefined, 'an answer begins before it ends')
    const { identity, log, deliveries } = this.#components
    const { id, fence } = this.work
    const asked = { sessions, terms: this.#termsOf(delivered), identity, signal: deliveries.stopped }
    try {
      return { ...(await this.#pipeline.receipts(asked)), delivered }
    } catch (cause) {
      const error = asProofLost(id, cause)
      const latest = this.#proof?.latest
      if (!(error instanceof ProofLostError) || latest === undefined) throw error
      const { code, message: reason } = error
      const proven = latest.delivered.output
      log.warn('ask-proven-in-part', { ask: id, fence, code, reason, tokens: delivered.output, proven })
      return latest
    }
  }

  #proofOf(pipeline: PaidPipeline): ProofSoFar {
    const { identity, log, deliveries } = this.#components
    const collect = ({ delivered, sessions }: AnswerProgress): Promise<PipelineReceipts> =>
      pipeline.receipts({
        sessions: sessions.map(({ id }) => id),
        tokensSoFar: sessions.map(({ tokens }) => tokens),
        terms: this.#termsOf(delivered),
        identity,
        signal: deliveries.stopped,
      })
    const intervalRows = this.#init.receiptIntervalRows
    return new ProofSoFar({ collect, log }, { ask: this.work.id, intervalRows })
  }

  #termsOf(delivered: PaidTokens): ReceiptTerms {
    const { id, fence, model } = this.work
    return { ask: id, fence, model, ...countsOf(delivered) }
  }

  /** The answer is out, and can't be settled any more. */
  async #writeOff(error: ShardlineError): Promise<void> {
    const { id, fence } = this.work
    const { code, message: reason } = error
    this.#components.log.warn('ask-not-settled', { ask: id, fence, code, reason })
    await this.#giveUp('proof-lost')
  }

  async #hand(init: {
    readonly receipts: readonly Readonly<Record<string, unknown>>[]
    readonly delivered: PaidTokens
    readonly signal: AbortSignal
  }): Promise<void> {
    const { receipts, delivered, signal } = init
    await this.#tellParticipants(signal)
    await this.#components.market.deliver({ ...this.#name, delivered, receipts }, { signal })
  }

  get #name(): ClaimName {
    const { id, fence } = this.work
    return { id, fence }
  }

  async #tellParticipants(signal: AbortSignal): Promise<void> {
    const participants = this.#wanted
    if (participants === undefined || areSameParticipants(participants, this.#started)) return
    await this.#components.market.start({ ...this.#name, participants }, { signal })
    this.#started = participants
  }

  async #tellProgress(): Promise<void> {
    const { clock, market } = this.#components
    const { signal } = this.#over
    const leaseMs = this.work.leaseUntilMs - clock.now()
    const everyMs = Math.max(PROGRESS_MS_MIN, Math.min(this.#init.progressMs, leaseMs / REPORTS_PER_LEASE))
    for (;;) {
      await clock.sleep(everyMs, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        await this.#tellParticipants(signal)
        await market.progress({ ...this.#name, delivered: this.#delivered }, { signal })
      } catch (cause) {
        this.#judge(cause)
      }
    }
  }

  /** A decision of the market ends the answer; a market that is away doesn't. */
  #judge(cause: unknown): void {
    if (this.#isOver) return
    const refusal = refusalOf(this.work.id, cause)
    if (refusal !== undefined) this.#lose(refusal)
    else this.#components.log.info('market-away', { ask: this.work.id, code: fromUnknown(cause).code })
  }

  #lose(error: ShardlineError): void {
    this.#components.log.warn('claim-lost', { ask: this.work.id, code: error.code, reason: error.message })
    this.#lost.abort(error)
    this.#over.abort()
  }

  async #endReports(): Promise<void> {
    this.#isOver = true
    this.#over.abort()
    await this.#telling
  }

  async #decided<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (cause) {
      const error = refusalOf(this.work.id, cause) ?? fromUnknown(cause)
      if (error instanceof ClaimLostError) this.#lose(error)
      throw error
    }
  }
}

function countsOf({ prompt, output }: PaidTokens): Pick<ReceiptTerms, 'promptTokens' | 'outputTokens'> {
  return { promptTokens: prompt, outputTokens: output }
}
