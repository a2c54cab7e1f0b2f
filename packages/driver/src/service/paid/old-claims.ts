import { fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds } from '@shardline/core'
import type { AskMarket, ClaimName } from './ask-market.ts'
import { callWithin } from './call-within.ts'
import { decisionOf } from './market-decision.ts'

/** What {@link OldClaims} work with. */
export interface OldClaimsComponents {
  readonly market: Pick<AskMarket, 'claims' | 'release'>
  readonly clock: Clock
  readonly log: Log
}

/** Options of {@link OldClaims}. */
export interface OldClaimsInit {
  readonly callMsMax: Milliseconds
  readonly retryMsMin: Milliseconds
  readonly retryMsMax: Milliseconds
}

/**
 * Claims that this driver's key held when it started: those of a process that died. Nobody answers under them any more, so
 * they are released, and their users needn't wait for the leases. What this process claims meanwhile is left alone.
 */
export class OldClaims {
  readonly #components: OldClaimsComponents
  readonly #init: OldClaimsInit
  readonly #over = new AbortController()
  /** Requests that are just being claimed. */
  readonly #claiming = new Set<string>()
  /** Fences of what this process has claimed, by request. */
  readonly #own = new Map<string, number>()
  #isDone = false

  constructor(components: OldClaimsComponents, init: OldClaimsInit) {
    this.#components = components
    this.#init = init
  }

  /** Lets go of all of them, as often as it takes while the market can't be asked. Never rejects. */
  async release(): Promise<void> {
    const { clock, log } = this.#components
    const { retryMsMin, retryMsMax } = this.#init
    let released = 0
    for (let waitMs = retryMsMin; !this.#over.signal.aborted; waitMs = Math.min(retryMsMax, waitMs * 2)) {
      try {
        const held = await this.#call((options) => this.#components.market.claims(options))
        const others = held.filter(({ id, fence }) => this.#own.get(id) !== fence)
        const old = others.filter(({ id }) => !this.#claiming.has(id))
        for (const claim of old) if (await this.#release(claim)) released += 1
        if (others.length === 0) break
        if (old.length > 0) waitMs = retryMsMin
      } catch (cause) {
        const error = fromUnknown(cause)
        log.info('old-claims-wait', { code: error.code, waitMs })
        if (decisionOf(error) !== undefined) break
      }
      await clock.sleep(waitMs, { signal: this.#over.signal }).catch(() => undefined)
    }
    if (released > 0) log.info('old-claims-released', { released })
    this.#isDone = true
    this.#own.clear()
  }

  /** Claims a request; what it gives is this process's own. */
  async whileClaiming<Claim extends ClaimName | undefined>(
    id: string,
    claim: () => Promise<Claim>,
  ): Promise<Claim> {
    this.#claiming.add(id)
    try {
      const work = await claim()
      if (work !== undefined && !this.#isDone) this.#own.set(id, work.fence)
      return work
    } finally {
      this.#claiming.delete(id)
    }
  }

  /** Ends what is under way. */
  stop(): void {
    this.#over.abort()
  }

  /** False if the claim was over already. */
  async #release({ id, fence }: ClaimName): Promise<boolean> {
    try {
      await this.#call((options) => this.#components.market.release({ id, fence }, options))
      return true
    } catch (cause) {
      if (decisionOf(fromUnknown(cause)) === undefined) throw cause
      return false
    }
  }

  #call<T>(call: (options: { readonly signal: AbortSignal }) => Promise<T>): Promise<T> {
    return callWithin({ clock: this.#components.clock, msMax: this.#init.callMsMax }, call)
  }
}
