import { ShardlineError, systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import type {
  AskMarket,
  AskMarketOptions,
  ClaimName,
  PaidParticipants,
  PaidTokens,
  PaidWork,
} from '../../src/index.ts'

/** What a market decided, as a client of it tells. */
export class Decision extends ShardlineError {
  override readonly name = 'Decision'
  readonly code = 'TEST_DECISION'
  override readonly retryable: boolean
  readonly remoteCode: string

  constructor(
    remoteCode: string,
    { state, isRetryable = false }: { state?: string; isRetryable?: boolean } = {},
  ) {
    super(`the market refuses [${remoteCode}]`, { details: state === undefined ? {} : { state } })
    this.remoteCode = remoteCode
    this.retryable = isRetryable
  }
}

/** Nobody answers where the market was. */
export class Away extends ShardlineError {
  override readonly name = 'Away'
  readonly code = 'TEST_AWAY'
  override readonly retryable = true
}

/** One call of a market. */
export interface MarketCall {
  readonly what: 'claim' | 'start' | 'progress' | 'claims' | 'release' | 'giveUp' | 'deliver'
  readonly id: string
  readonly fence?: number
  readonly key?: string
  readonly participants?: PaidParticipants
  readonly delivered?: PaidTokens
  readonly receipts?: readonly unknown[]
  readonly reason?: string
}

/** A market that notes what it is asked, and answers what it is told to. */
export class MarketDouble implements AskMarket {
  readonly #clock: Pick<Clock, 'now'>
  readonly calls: MarketCall[] = []
  /** Of what is claimed. */
  readonly work: Partial<PaidWork> = {}
  /** Prompts as their users handed them in, by request. */
  readonly sealedPrompts: Map<string, string> = new Map()
  /** Thrown by the next calls of a kind, in order; `undefined` lets one through. */
  readonly failures: Partial<Record<MarketCall['what'], (Error | undefined)[]>> = {}
  /** What the driver's key holds. */
  held: readonly ClaimName[] = []
  /** Called before each call is answered. */
  onCall: (call: MarketCall) => Promise<void> = async () => undefined
  fence = 1

  constructor(work: Partial<PaidWork> = {}, clock: Pick<Clock, 'now'> = systemClock) {
    this.work = work
    this.#clock = clock
  }

  /** Kinds of the calls so far, reports of progress and looks at old claims left out. */
  get story(): readonly string[] {
    return this.calls.map(({ what }) => what).filter((what) => what !== 'progress' && what !== 'claims')
  }

  of(what: MarketCall['what']): readonly MarketCall[] {
    return this.calls.filter((call) => call.what === what)
  }

  async claim({ key, id }: { readonly key: string; readonly id: string }): Promise<PaidWork> {
    await this.#take({ what: 'claim', id, key })
    return {
      id,
      fence: this.fence,
      model: 'toy/q4',
      leaseUntilMs: this.#clock.now() + 60_000,
      deadlineMs: this.#clock.now() + 300_000,
      hold: 5_000n,
      promptTokensMax: 10,
      outputTokensMax: 20,
      filters: {},
      sealedPrompt: this.sealedPrompts.get(id) ?? '',
      ...this.work,
    }
  }

  start(ask: Parameters<AskMarket['start']>[0], options?: AskMarketOptions): Promise<void> {
    return this.#take({ what: 'start', ...ask }, options)
  }

  progress(ask: Parameters<AskMarket['progress']>[0], options?: AskMarketOptions): Promise<void> {
    return this.#take({ what: 'progress', ...ask }, options)
  }

  async claims(options?: AskMarketOptions): Promise<readonly ClaimName[]> {
    await this.#take({ what: 'claims', id: '' }, options)
    return this.held
  }

  release(ask: Parameters<AskMarket['release']>[0], options?: AskMarketOptions): Promise<void> {
    return this.#take({ what: 'release', ...ask }, options)
  }

  giveUp(ask: Parameters<AskMarket['giveUp']>[0], options?: AskMarketOptions): Promise<void> {
    return this.#take({ what: 'giveUp', ...ask }, options)
  }

  deliver(ask: Parameters<AskMarket['deliver']>[0], options?: AskMarketOptions): Promise<void> {
    return this.#take({ what: 'deliver', ...ask }, options)
  }

  async #take(call: MarketCall, options: AskMarketOptions = {}): Promise<void> {
    this.calls.push(call)
    await this.onCall(call)
    if (options.signal?.aborted === true) throw new Away('given up')
    const failure = this.failures[call.what]?.shift()
    if (failure !== undefined) throw failure
  }
}
