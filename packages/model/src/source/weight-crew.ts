import type { Clock, Log, Random, ShardlineError } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import { REQUEST_ATTEMPTS_MAX, RETRY_BASE_MS, RETRY_WAIT_MS_MAX } from '../limits.ts'
import type { RetryOptions } from './retry.ts'
import type { WeightPeer } from './weight-peer.ts'
import { WeightsNotHeldError, WeightsUnavailableError } from './weight-errors.ts'

/** What a {@link WeightCrew} works with. */
export interface WeightCrewComponents {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

interface Hand {
  readonly peer: WeightPeer
  /** Only asked when nobody else can help. */
  readonly isLast: boolean
  asks: number
  /** In a row. */
  failures: number
  /** Why it is asked no more. */
  dropped: ShardlineError | undefined
}

/**
 * Those that may hold a model's files, and who of them is asked: the one with the fewest asks under way, then the next. Who
 * gives what is wrong is named and asked no more; who fails is asked again later, a few times.
 */
export class WeightCrew implements AsyncDisposable {
  readonly #components: WeightCrewComponents
  readonly #attemptsMax: number
  readonly #baseMs: number
  readonly #waitMsMax: number
  readonly #hands = new Map<string, Hand>()

  constructor(components: WeightCrewComponents, options: RetryOptions = {}) {
    this.#components = components
    this.#attemptsMax = options.attemptsMax ?? REQUEST_ATTEMPTS_MAX
    this.#baseMs = options.retryBaseMs ?? RETRY_BASE_MS
    this.#waitMsMax = options.retryWaitMsMax ?? RETRY_WAIT_MS_MAX
  }

  /** Who may be asked, and why the others may not. */
  get standing(): readonly { readonly label: string; readonly dropped: ShardlineError | undefined }[] {
    return [...this.#hands.values()].map(({ peer, dropped }) => ({ label: peer.label, dropped }))
  }

  /** Adds a peer; one that is known is asked again if it had only failed. */
  add(peer: WeightPeer, options: { readonly isLast?: boolean } = {}): void {
    const known = this.#hands.get(peer.label)
    if (known === undefined) {
      const { isLast = false } = options
      this.#hands.set(peer.label, { peer, isLast, asks: 0, failures: 0, dropped: undefined })
    } else if (known.dropped?.retryable === true) {
      known.dropped = undefined
      known.failures = 0
    }
  }

  /**
   * Lets one peer after the other try, until one succeeds. `ask` throws what the peer throws, and WeightsWrongError if what
   * it gave is wrong.
   *
   * @throws WeightsUnavailableError that names each peer and its reason; AbortedError.
   */
  async obtain<T>(
    what: string,
    ask: (peer: WeightPeer, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const unheld = new Set<Hand>()
    const reasons = new Map<string, string>()
    for (let round = 1; ; round++) {
      const asked = new Set<Hand>()
      for (;;) {
        const hand = this.#choose((other) => !unheld.has(other) && !asked.has(other))
        if (hand === undefined) break
        asked.add(hand)
        const outcome = await this.#try(hand, ask, signal)
        if ('value' in outcome) return outcome.value
        reasons.set(hand.peer.label, outcome.error.message)
        if (outcome.error instanceof WeightsNotHeldError) unheld.add(hand)
      }
      for (const { peer, dropped } of this.#hands.values())
        if (dropped !== undefined && !reasons.has(peer.label)) reasons.set(peer.label, dropped.message)
      const isHopeless = this.#choose((other) => !unheld.has(other)) === undefined
      if (isHopeless || round >= this.#attemptsMax) throw new WeightsUnavailableError(what, reasons)
      await this.#components.clock.sleep(this.#waitMs(round), { signal })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#hands.values()].map(({ peer }) => peer.close()))
  }

  async #try<T>(
    hand: Hand,
    ask: (peer: WeightPeer, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly value: T } | { readonly error: ShardlineError }> {
    hand.asks++
    try {
      const value = await ask(hand.peer, signal)
      hand.failures = 0
      return { value }
    } catch (cause) {
      if (signal.aborted) throw new AbortedError('fetching weights', signal.reason)
      const error = fromUnknown(cause)
      if (!(error instanceof WeightsNotHeldError)) this.#blame(hand, error)
      return { error }
    } finally {
      hand.asks--
    }
  }

  #blame(hand: Hand, error: ShardlineError): void {
    hand.failures++
    if (error.retryable && hand.failures < this.#attemptsMax) return
    if (hand.dropped !== undefined) return
    hand.dropped = error
    const { code, message: reason } = error
    this.#components.log.warn('weights-peer-dropped', { peer: hand.peer.label, code, reason })
  }

  #choose(isWanted: (hand: Hand) => boolean): Hand | undefined {
    const usable = [...this.#hands.values()].filter((hand) => hand.dropped === undefined && isWanted(hand))
    const order = (hand: Hand): number => (hand.isLast ? 1e12 : 0) + hand.failures * 1e6 + hand.asks
    return usable.reduce<Hand | undefined>(
      (best, hand) => (best === undefined || order(hand) < order(best) ? hand : best),
      undefined,
    )
  }

  #waitMs(round: number): number {
    const grownMs = Math.min(this.#baseMs * 2 ** (round - 1), this.#waitMsMax)
    return grownMs * (0.5 + this.#components.random.float() / 2)
  }
}
