import type { PartyId } from '@shardline/identity'
import { cancelFee, fairPrice } from '../../src/price/fair-price.ts'
import type { DemandSum } from '../../src/price/fair-price.ts'
import { amountOf, nextPrice, priceFromMicrocredits, targetPrice } from '../../src/price/price-rule.ts'
import type { MarketState, ScaledPrice } from '../../src/price/price-rule.ts'
import { bill } from '../../src/settlement/bill.ts'
import { splitReward } from '../../src/settlement/split.ts'

/** How a market defends itself. */
export interface Design {
  /** What a bill is made at. `target`: at most what the rule's target is for the demand, open requests included. */
  readonly pays: 'locked' | 'target' | 'fair'
  /** Whether a request holds escrow, so that taking it back can cost something. */
  readonly hasEscrow: boolean
}

/** The market as it is. */
export const OURS: Design = { pays: 'fair', hasEscrow: true }
/** The market without what was built against the attacks. */
export const WEAK: Design = { pays: 'locked', hasEscrow: false }

/** The market with bounds that look sufficient and aren't: see the test that uses it. */
export const HALF: Design = { pays: 'target', hasEscrow: true }

/** A market with one driver, which is the attacker: it plays all roles, so every reward is its own. */
export interface Market {
  /** Microcredits per 1,000,000 tokens. */
  readonly base: bigint
  /** Thousandths of a token per second that the driver really has. */
  readonly capacityTps: bigint
  /** Output tokens of the victims' requests, in the order in which they come. */
  readonly victims: readonly number[]
  /** Whether the driver is there only after the last victim came, in the honest run too. */
  readonly comesLate?: boolean
}

/** What the attacker does otherwise than an honest driver. */
export interface Attack {
  /** What it reports while the victims come; 0 to withdraw. It serves at full capacity. @default the truth */
  readonly reportedTps?: bigint
  /** Requests to itself before each victim's. @default 0 */
  readonly fakesPerVictim?: number
  /** Output tokens of each. @default 1 */
  readonly fakeTokens?: number
  /** How they end; `expired` and `cancelled-late` after the victims are billed. @default 'cancelled' */
  readonly fate?: 'cancelled' | 'cancelled-late' | 'expired' | 'served'
}

/** How a run ended. */
export interface Played {
  /** Microcredits that the attacker has more than before. */
  readonly wealth: bigint
  /** The price that each victim was quoted. */
  readonly quoted: readonly ScaledPrice[]
  readonly billedToVictims: bigint
}

interface Order {
  readonly isFake: boolean
  readonly tokens: number
  readonly locked: ScaledPrice
  readonly hold: bigint
  readonly supplyTps: bigint
}

const SELF = 'attacker' as PartyId
const FEE_BPS = 1_000

/**
 * Plays one market. Everyone comes before anyone is served, then requests are served oldest first: the case in which
 * demand moves the price most. A victim whose bound is below its quote walks away.
 */
export function play(
  design: Design,
  market: Market,
  {
    attack = {},
    bounds = [],
  }: { readonly attack?: Attack; readonly bounds?: readonly (ScaledPrice | undefined)[] } = {},
): Played {
  const { fakesPerVictim = 0, fakeTokens = 1, fate = 'cancelled' } = attack
  const reported = market.comesLate === true ? 0n : (attack.reportedTps ?? market.capacityTps)
  const base = priceFromMicrocredits(market.base)
  let state: MarketState = { current: base, base, supplyTps: 0n, demandTokens: 0n }
  const move = (change: Partial<MarketState>): void => {
    const next = { ...state, ...change }
    state = { ...next, current: nextPrice(next) }
  }
  if (reported > 0n) move({ supplyTps: reported })
  const orders: Order[] = []
  const submit = (tokens: number, isFake: boolean): void => {
    const locked = state.current
    orders.push({
      isFake,
      tokens,
      locked,
      hold: amountOf(locked, BigInt(tokens)),
      supplyTps: state.supplyTps,
    })
    move({ demandTokens: state.demandTokens + BigInt(tokens) })
  }
  const quoted: ScaledPrice[] = []
  for (const [index, tokens] of market.victims.entries()) {
    for (let i = 0; i < fakesPerVictim; i++) submit(fakeTokens, true)
    quoted.push(state.current)
    const bound = bounds[index]
    if (bound === undefined || state.current <= bound) submit(tokens, false)
  }
  return { quoted, ...settle(design, { market, base, orders, fate }) }
}

interface Settling {
  readonly market: Market
  readonly base: ScaledPrice
  readonly orders: readonly Order[]
  readonly fate: NonNullable<Attack['fate']>
}

function settle(
  design: Design,
  settling: Settling,
): { readonly wealth: bigint; readonly billedToVictims: bigint } {
  let wealth = 0n
  let billedToVictims = 0n
  for (const [index, order] of settling.orders.entries()) {
    if (order.isFake && settling.fate !== 'served') {
      const isTakenBack = settling.fate !== 'expired' && design.hasEscrow
      wealth -= isTakenBack ? cancelFee(order.hold) : 0n
      continue
    }
    const billed = billOf(design, settling, index)
    const { fee } = splitReward({
      billed,
      feeBps: FEE_BPS,
      driver: SELF,
      validator: SELF,
      workers: [],
      policy: 'equal',
    })
    if (order.isFake) wealth -= fee
    else {
      wealth += billed - fee
      billedToVictims += billed
    }
  }
  return { wealth, billedToVictims }
}

function billOf(design: Design, { market, base, orders, fate }: Settling, index: number): bigint {
  const order = orders[index]!
  const demand = orders.slice(0, index).map((it) => demandOf(it, fate))
  const fair = fairPrice({
    base,
    locked: order.locked,
    demand,
    supplyAtLockTps: order.supplyTps,
    driverReportedAtLockTps: order.supplyTps,
    driverShownTps: market.capacityTps,
  })
  const counted = demand.map((it) => (it.fate === 'open' ? it.maxTokens : it.deliveredTokens))
  const demandTokens = counted.reduce((sum, tokens) => sum + tokens, 0n)
  const target = targetPrice({ current: base, base, supplyTps: market.capacityTps, demandTokens })
  const all = { prompt: 0, output: order.tokens }
  return bill({
    lockedPrice: order.locked,
    fair: { fair, target, locked: order.locked }[design.pays],
    promptTokensBound: 0,
    maxTokens: order.tokens,
    claimed: all,
    acknowledged: all,
    hold: order.hold,
  }).billed
}

function demandOf(order: Order, fate: Settling['fate']): DemandSum {
  const maxTokens = BigInt(order.tokens)
  if (!order.isFake || fate === 'served') return { maxTokens, deliveredTokens: maxTokens, fate: 'served' }
  return { maxTokens, deliveredTokens: 0n, fate: fate === 'cancelled' ? 'unserved' : 'open' }
}

/** What an attack gains over honest work for the same victims, in microcredits. */
export interface Gain {
  /** Where every second victim would pay what an honest market would have quoted it, and no more. */
  readonly wary: bigint
  /** Where every victim would pay anything. */
  readonly captive: bigint
  /** Whether it raised a wary victim's quote, which then walked away. */
  readonly raisesQuotes: boolean
}

/** Plays a market honestly and with an attack. */
export function gainOf(design: Design, market: Market, attack: Attack): Gain {
  const honest = play(design, market)
  const bounds = honest.quoted.map((price, index) => (index % 2 === 1 ? price : undefined))
  const wary = play(design, market, { attack, bounds })
  const captive = play(design, market, { attack })
  return {
    wary: wary.wealth - honest.wealth,
    captive: captive.wealth - honest.wealth,
    raisesQuotes: wary.quoted.some((price, index) => price > (bounds[index] ?? price)),
  }
}
