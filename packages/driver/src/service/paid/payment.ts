import { fromUnknown } from '@shardline/core'
import type { Milliseconds, Random, ShardlineError } from '@shardline/core'
import type { ServiceSettings } from '../service-settings.ts'
import type { PaidWork } from './ask-market.ts'
import { callWithin } from './call-within.ts'
import { claimKey } from './claim-key.ts'
import { Deliveries } from './deliveries.ts'
import { decisionOf } from './market-decision.ts'
import { OldClaims } from './old-claims.ts'
import { PaidAsk } from './paid-ask.ts'
import type { PaidAskComponents } from './paid-ask.ts'
import { AskNotPaidError, MarketDownError } from './paid-errors.ts'

/** What a {@link Payment} works with. */
export interface PaymentComponents extends Omit<PaidAskComponents, 'deliveries'> {
  readonly random: Pick<Random, 'bytes'>
}

/** Options of a {@link Payment}. */
export interface PaymentInit {
  readonly settings: ServiceSettings
  /** Whether asks that the market doesn't know are answered for nothing. */
  readonly isUnpaidTaken: boolean
}

/** States in which a request may come to wait for its driver yet. */
const MAY_WAIT_AGAIN = /^(QUOTED|PENDING|CLAIMED|RUNNING)$/
/** Codes for an id that names no request. */
const UNKNOWN: readonly string[] = ['MARKET_NOT_FOUND', 'MARKET_INPUT_INVALID']

/** Claims the requests behind asks, and keeps what waits to be settled. */
export class Payment {
  readonly deliveries: Deliveries
  readonly #components: PaymentComponents
  readonly #init: PaymentInit
  readonly #oldClaims: OldClaims

  constructor(components: PaymentComponents, init: PaymentInit) {
    const { settings } = init
    this.#components = components
    this.#init = init
    this.deliveries = new Deliveries(components, {
      pendingMax: settings.deliveriesPendingMax,
      retryMsMin: settings.deliveryRetryMsMin,
      retryMsMax: settings.deliveryRetryMsMax,
      graceMs: settings.deliveryGraceMs,
    })
    this.#oldClaims = new OldClaims(components, {
      callMsMax: settings.claimMsMax,
      retryMsMin: settings.deliveryRetryMsMin,
      retryMsMax: settings.deliveryRetryMsMax,
    })
  }

  /** Begins to let go of what this driver's key held when it started, in the background. */
  begin(): void {
    void this.#oldClaims.release()
  }

  /** Goes on handing in for at most `msMax`. */
  stop(msMax: Milliseconds): Promise<void> {
    this.#oldClaims.stop()
    return this.deliveries.stop(msMax)
  }

  /**
   * Claims the request of an ask; undefined if the market knows none and unpaid ones are taken.
   *
   * @throws AskNotPaidError, MarketDownError, DeliveriesFullError.
   */
  async claim(ask: string): Promise<PaidAsk | undefined> {
    const { settings } = this.#init
    this.deliveries.checkRoom()
    const work = await this.#claim(ask)
    if (work === undefined) return undefined
    return new PaidAsk(
      { ...this.#components, deliveries: this.deliveries },
      {
        work,
        callMsMax: settings.claimMsMax,
        progressMs: settings.paidProgressMs,
        receiptIntervalRows: settings.receiptIntervalRows,
        settleWaitMsMax: settings.settleWaitMsMax,
      },
    )
  }

  async #claim(id: string): Promise<PaidWork | undefined> {
    const { market, clock, random } = this.#components
    const { claimMsMax } = this.#init.settings
    let work: PaidWork | undefined
    try {
      const key = claimKey(random)
      work = await this.#oldClaims.whileClaiming(id, () =>
        callWithin({ clock, msMax: claimMsMax }, (options) => market.claim({ key, id }, options)),
      )
    } catch (cause) {
      return this.#refuse(id, fromUnknown(cause))
    }
    if (work === undefined) throw new AskNotPaidError(id, 'it is claimed already', { isRetryable: true })
    return work
  }

  #refuse(id: string, error: ShardlineError): undefined {
    const code = decisionOf(error)
    if (code !== undefined && UNKNOWN.includes(code)) {
      if (this.#init.isUnpaidTaken) return undefined
      throw new AskNotPaidError(id, error.message, { isRetryable: false })
    }
    if (code === 'MARKET_REQUEST_STATE' || code === 'MARKET_FORBIDDEN') {
      const isRetryable = MAY_WAIT_AGAIN.test(String(error.details['state']))
      throw new AskNotPaidError(id, error.message, { isRetryable })
    }
    if (error instanceof MarketDownError) throw error
    throw new MarketDownError(this.#init.settings.deliveryRetryMsMax, error)
  }
}
