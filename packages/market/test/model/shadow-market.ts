import { amountUp } from './shadow-money.ts'
import type { Price } from './shadow-money.ts'

/** Tokens of both kinds. */
export interface Counts {
  readonly prompt: number
  readonly output: number
}

/** What the shadow knows of a request. Parties are named by their slots. */
export interface ShadowRequest {
  readonly id: string
  readonly user: number
  readonly asked: Counts
  readonly priority: number
  readonly lockedPrice: Price
  readonly hold: bigint
  readonly createdMs: number
  readonly deadlineMs: number
  driver: number
  state: string
  reason: string | undefined
  fence: number
  attempts: number
  submittedMs: number | undefined
  sealed: string | undefined
  leaseMs: number | undefined
  deliveredMs: number | undefined
  endedMs: number | undefined
  claimKey: string | undefined
  pipeline: string | undefined
  delivered: Counts
  acknowledged: Counts
  areReceiptsRefused: boolean
  flagged: string | undefined
  /** Microcredits that stay with the market when it is taken back. */
  cancelFee: bigint
  /** Whether its end has been booked on the purses below. */
  isBooked: boolean
}

/** What an operation answers: `ok`, or the code of its failure. */
export type Answer = string

/** The settings that the rules depend on. */
export interface ShadowSettings {
  readonly claimLeaseMs: number
  readonly quotedMsMax: number
  readonly acknowledgeMsMax: number
  readonly feedbackMsMax: number
  readonly attemptsMax: number
  readonly openRequestsPerUserMax: number
  readonly feedbackFee: bigint
}

interface Purse {
  available: bigint
  held: bigint
}

const OK = 'ok'
const STATE = 'MARKET_REQUEST_STATE'
const FORBIDDEN = 'MARKET_FORBIDDEN'
const STALE = 'MARKET_FENCE_STALE'
const INPUT = 'MARKET_INPUT_INVALID'
const POOR = 'MARKET_CREDITS_INSUFFICIENT'
const REFUSED_FEEDBACK = 'MARKET_FEEDBACK_REFUSED'
const NONE: Counts = { prompt: 0, output: 0 }
const OPEN_STATES = ['QUOTED', 'PENDING', 'CLAIMED', 'RUNNING', 'DELIVERED']
/** Ends after which giving up once more changes nothing. */
const GIVEN_UP = ['not-answered', 'proof-lost', 'proof-rejected']
/** States in which a request counts as demand. */
const DEMAND_STATES = ['PENDING', 'CLAIMED', 'RUNNING']

/** The market's rules once more, in memory and without a clock of its own: written from the rule book, not from the code. */
export class ShadowMarket {
  readonly requests: ShadowRequest[] = []
  readonly purses: Purse[]
  readonly #settings: ShadowSettings

  constructor(parties: number, settings: ShadowSettings) {
    this.purses = Array.from({ length: parties }, () => ({ available: 0n, held: 0n }))
    this.#settings = settings
  }

  get demand(): number {
    const waiting = this.requests.filter(({ state }) => DEMAND_STATES.includes(state))
    return waiting.reduce((sum, { asked }) => sum + asked.output, 0)
  }

  isOpen(request: ShadowRequest): boolean {
    return OPEN_STATES.includes(request.state)
  }

  open(
    now: number,
    init: Pick<ShadowRequest, 'id' | 'user' | 'driver' | 'asked' | 'priority'> & {
      readonly price: Price
      readonly maxTimeMs: number
      readonly isBoundLow: boolean
    },
  ): Answer {
    const { price, maxTimeMs, isBoundLow, ...rest } = init
    const open = this.requests.filter((it) => it.user === init.user && this.isOpen(it))
    if (open.length >= this.#settings.openRequestsPerUserMax) return 'MARKET_LIMIT'
    if (isBoundLow) return 'MARKET_PRICE_ABOVE_MAX'
    const hold = amountUp(price, init.asked.prompt + init.asked.output)
    if (hold > 2n ** 63n - 1n) return POOR
    const purse = this.#purse(init.user)
    const isCovered = hold <= purse.available
    this.requests.push({
      ...rest,
      lockedPrice: price,
      hold,
      createdMs: now,
      deadlineMs: now + maxTimeMs,
      state: isCovered ? 'QUOTED' : 'REFUSED',
      reason: isCovered ? undefined : 'insufficient-credits',
      fence: 0,
      attempts: 0,
      submittedMs: undefined,
      sealed: undefined,
      leaseMs: undefined,
      deliveredMs: undefined,
      endedMs: isCovered ? undefined : now,
      claimKey: undefined,
      pipeline: undefined,
      delivered: NONE,
      acknowledged: NONE,
      areReceiptsRefused: false,
      flagged: undefined,
      cancelFee: 0n,
      isBooked: !isCovered,
    })
    if (!isCovered) return POOR
    purse.available -= hold
    purse.held += hold
    return OK
  }

  submit(now: number, request: ShadowRequest, { who, sealed }: { who: number; sealed: string }): Answer {
    if (who !== request.user) return FORBIDDEN
    if (request.submittedMs !== undefined) {
      if (!this.isOpen(request)) return STATE
      return request.sealed === sealed ? OK : 'MARKET_REQUEST_EXISTS'
    }
    if (request.state !== 'QUOTED' || request.deadlineMs <= now) return STATE
    Object.assign(request, { state: 'PENDING', submittedMs: now, sealed })
    return OK
  }

  /** The request that a driver's next claim gets. */
  firstInLine(now: number, driver: number, key: string): ShadowRequest | undefined {
    const held = this.requests.find(
      (it) =>
        it.driver === driver && it.claimKey === key && (it.state === 'CLAIMED' || it.state === 'RUNNING'),
    )
    if (held !== undefined) return held
    return this.requests
      .filter((it) => it.driver === driver && it.state === 'PENDING' && it.deadlineMs > now)
      .toSorted(
        (a, b) =>
          b.priority - a.priority || (a.submittedMs ?? 0) - (b.submittedMs ?? 0) || (a.id < b.id ? -1 : 1),
      )[0]
  }

  claim(now: number, request: ShadowRequest, { who, key }: { who: number; key: string }): Answer {
    if (who !== request.driver) return FORBIDDEN
    if (request.state !== 'PENDING' || request.deadlineMs <= now) return STATE
    request.state = 'CLAIMED'
    request.fence++
    request.attempts++
    request.claimKey = key
    request.leaseMs = now + this.#settings.claimLeaseMs
    return OK
  }

  start(now: number, request: ShadowRequest, init: Fenced & { readonly pipeline: string }): Answer {
    const refusal = refuseClaim(request, init)
    if (refusal !== undefined) return refusal
    if (request.state === 'RUNNING' && request.pipeline === init.pipeline) return OK
    const canStart = request.state === 'CLAIMED' || request.state === 'RUNNING'
    if (!canStart || request.deadlineMs <= now) return STATE
    request.state = 'RUNNING'
    request.pipeline = init.pipeline
    request.leaseMs = now + this.#settings.claimLeaseMs
    return OK
  }

  progress(now: number, request: ShadowRequest, init: Fenced & { readonly delivered: Counts }): Answer {
    const refusal = refuseClaim(request, init)
    if (refusal !== undefined) return refusal
    if (request.state !== 'RUNNING' || request.deadlineMs <= now) return STATE
    if (!isWithin(init.delivered, request.delivered, request.asked)) return INPUT
    request.delivered = init.delivered
    request.leaseMs = now + this.#settings.claimLeaseMs
    return OK
  }

  deliver(
    now: number,
    request: ShadowRequest,
    init: Fenced & { readonly delivered: Counts; readonly areReceiptsRight: boolean },
  ): Answer {
    const refusal = refuseClaim(request, init)
    if (refusal !== undefined) return refusal
    const { delivered } = init
    const isKnown =
      (request.state === 'DELIVERED' || request.state === 'COMPLETED') &&
      request.delivered.prompt === delivered.prompt &&
      request.delivered.output === delivered.output
    if (isKnown) return OK
    if (request.state !== 'RUNNING' || request.deadlineMs <= now) return STATE
    if (!isWithin(delivered, NONE, request.asked)) return INPUT
    if (!init.areReceiptsRight) {
      request.areReceiptsRefused = true
      return 'MARKET_RECEIPTS_REFUSED'
    }
    Object.assign(request, { state: 'DELIVERED', delivered, deliveredMs: now, leaseMs: undefined })
    request.areReceiptsRefused = false
    if (isAllAcknowledged(request)) this.#complete(now, request)
    return OK
  }

  acknowledge(
    now: number,
    request: ShadowRequest,
    { who, received, fence }: { who: number; received: Counts; fence: number | undefined },
  ): Answer {
    if (who !== request.user) return FORBIDDEN
    if (!isWithin(received, NONE, request.asked)) return INPUT
    const { acknowledged, state } = request
    if (state === 'COMPLETED' && isWithin(received, NONE, acknowledged)) return OK
    if (state !== 'RUNNING' && state !== 'DELIVERED') return STATE
    if (fence !== undefined && fence !== request.fence) return STALE
    request.acknowledged = {
      prompt: Math.max(received.prompt, acknowledged.prompt),
      output: Math.max(received.output, acknowledged.output),
    }
    if (state === 'DELIVERED' && isAllAcknowledged(request)) this.#complete(now, request)
    return OK
  }

  release(now: number, request: ShadowRequest, init: Fenced): Answer {
    const refusal = refuseClaim(request, init)
    if (refusal !== undefined) return refusal
    const { state, fence, reason } = request
    if ((state === 'PENDING' && fence > 0) || (state === 'FAILED' && reason === 'attempts-used-up')) return OK
    if ((state !== 'CLAIMED' && state !== 'RUNNING') || request.deadlineMs <= now) return STATE
    this.#giveBack(now, request)
    return OK
  }

  giveUp(now: number, request: ShadowRequest, init: Fenced & { readonly reason: string }): Answer {
    const refusal = refuseClaim(request, init)
    if (refusal !== undefined) return refusal
    const { state, reason } = request
    if (state === 'FAILED' && GIVEN_UP.includes(reason ?? '')) return OK
    if ((state !== 'CLAIMED' && state !== 'RUNNING') || request.deadlineMs <= now) return STATE
    this.#fail(now, request, init.reason)
    return OK
  }

  cancel(now: number, request: ShadowRequest, { who }: { who: number }): Answer {
    if (who !== request.user) return FORBIDDEN
    if (request.state === 'CANCELLED') return OK
    if (request.state !== 'QUOTED' && request.state !== 'PENDING') return STATE
    const isCharged = request.state === 'PENDING' && request.attempts === 0 && request.deadlineMs > now
    request.cancelFee = isCharged ? (request.hold + 9n) / 10n : 0n
    this.#end(now, request, ['CANCELLED', 'cancelled-by-user'])
    return OK
  }

  reassign(
    now: number,
    request: ShadowRequest,
    { who, driver, sealed }: { who: number; driver: number; sealed: string },
  ): Answer {
    if (who !== request.user) return FORBIDDEN
    const isSame = request.driver === driver && request.sealed === sealed
    if (isSame && request.submittedMs !== undefined && this.isOpen(request)) return OK
    if (request.state !== 'PENDING' || request.deadlineMs <= now) return STATE
    request.driver = driver
    request.sealed = sealed
    return OK
  }

  flag(now: number, request: ShadowRequest, { who, reason }: { who: number; reason: string }): Answer {
    if (who === request.user && request.flagged !== undefined) {
      return request.flagged === reason ? OK : REFUSED_FEEDBACK
    }
    if (who !== request.user) return FORBIDDEN
    if (request.state !== 'COMPLETED') return REFUSED_FEEDBACK
    const { feedbackMsMax, feedbackFee } = this.#settings
    if ((request.endedMs ?? 0) + feedbackMsMax <= now) return REFUSED_FEEDBACK
    const purse = this.#purse(who)
    if (purse.available < feedbackFee) return POOR
    purse.available -= feedbackFee
    request.flagged = reason
    return OK
  }

  transfer({ from, to, amount }: { from: number; to: number; amount: bigint }): Answer {
    if (this.#purse(from).available < amount) return 'exceeds_credits'
    this.#purse(from).available -= amount
    this.#purse(to).available += amount
    return 'created'
  }

  sweep(now: number): void {
    const { quotedMsMax, acknowledgeMsMax } = this.#settings
    for (const it of this.requests) {
      if (it.state === 'QUOTED' && it.createdMs + quotedMsMax <= now) {
        this.#end(now, it, ['EXPIRED', 'prompt-never-came'])
      }
    }
    for (const it of this.requests) {
      const { state, deadlineMs, leaseMs = Infinity, deliveredMs = Infinity } = it
      if (state === 'PENDING' && deadlineMs <= now) this.#end(now, it, ['EXPIRED', 'nobody-claimed'])
      else if (state === 'CLAIMED' || state === 'RUNNING') {
        if (deadlineMs <= now) this.#fail(now, it, 'deadline-passed')
        else if (leaseMs <= now) this.#giveBack(now, it)
      } else if (state === 'DELIVERED' && deliveredMs + acknowledgeMsMax <= now) this.#complete(now, it)
    }
  }

  /** Books the end of a request on its parties' purses, as its plan says. */
  book(
    request: ShadowRequest,
    plan: { readonly refund: bigint; readonly payouts: ReadonlyMap<number, bigint> },
  ): void {
    const payer = this.#purse(request.user)
    payer.held -= request.hold
    payer.available += plan.refund
    for (const [slot, amount] of plan.payouts) this.#purse(slot).available += amount
    request.isBooked = true
  }

  #purse(slot: number): Purse {
    const purse = this.purses[slot]
    if (purse === undefined) throw new Error(`there is no purse ${slot}`)
    return purse
  }

  #complete(now: number, request: ShadowRequest): void {
    if (billable(request) === 0) this.#fail(now, request, 'nothing-acknowledged')
    else this.#end(now, request, ['COMPLETED', 'settled'])
  }

  #giveBack(now: number, request: ShadowRequest): void {
    if (request.attempts >= this.#settings.attemptsMax) {
      this.#fail(now, request, 'attempts-used-up')
      return
    }
    Object.assign(request, {
      state: 'PENDING',
      leaseMs: undefined,
      claimKey: undefined,
      pipeline: undefined,
      delivered: NONE,
      acknowledged: NONE,
      areReceiptsRefused: false,
    })
  }

  #fail(now: number, request: ShadowRequest, reason: string): void {
    this.#end(now, request, ['FAILED', request.areReceiptsRefused ? 'proof-rejected' : reason])
    request.leaseMs = undefined
  }

  #end(now: number, request: ShadowRequest, [state, reason]: readonly [string, string]): void {
    Object.assign(request, { state, reason, endedMs: now })
  }
}

/** A write under a claim. */
export interface Fenced {
  readonly who: number
  readonly fence: number
}

function refuseClaim(request: ShadowRequest, { who, fence }: Fenced): Answer | undefined {
  if (who !== request.driver) return FORBIDDEN
  return fence === request.fence ? undefined : STALE
}

function isWithin(counts: Counts, from: Counts, to: Counts): boolean {
  return (
    counts.prompt >= from.prompt &&
    counts.prompt <= to.prompt &&
    counts.output >= from.output &&
    counts.output <= to.output
  )
}

function isAllAcknowledged(request: ShadowRequest): boolean {
  return billable(request) > 0 && isWithin(request.delivered, NONE, request.acknowledged)
}

/** Tokens that are billed: delivered and acknowledged, both kinds. */
export function billable({ delivered, acknowledged }: ShadowRequest): number {
  return Math.min(delivered.prompt, acknowledged.prompt) + Math.min(delivered.output, acknowledged.output)
}
