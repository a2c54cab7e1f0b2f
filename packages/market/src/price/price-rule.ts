import { assert } from '@shardline/core'
import type { Branded } from '@shardline/core'
import { MarketInputError } from '../errors.ts'
import { PRICE_DIGITS_MAX, PRICE_MAX_MICROCREDITS, TOKENS_MAX } from '../limits.ts'
import { divideUp, formatDecimal, ratioText } from './fixed-point.ts'

/** A price in fixed point: microcredits per 1,000,000 tokens, times {@link PRICE_SCALE}. Never negative. */
export type ScaledPrice = Branded<bigint, 'ScaledPrice'>

/** Digits after the point of a {@link ScaledPrice}. */
export const PRICE_DECIMALS = 18
/** What one microcredit per 1,000,000 tokens is as a {@link ScaledPrice}. */
export const PRICE_SCALE: bigint = 10n ** BigInt(PRICE_DECIMALS)
/** Tokens that a price is quoted for. */
export const PRICE_UNIT_TOKENS = 1_000_000n

const PRICE_MAX = PRICE_MAX_MICROCREDITS * PRICE_SCALE
const PRICE_PATTERN = new RegExp(`^\\d{1,${PRICE_DIGITS_MAX}}(?:\\.\\d{1,${PRICE_DECIMALS}})?$`)

/** Everything that the price of a model depends on. */
export interface MarketState {
  /** The price before the event. */
  readonly current: ScaledPrice
  /** The model's price when nothing is asked of it. */
  readonly base: ScaledPrice
  /** Thousandths of a token per second, over all live capacities. */
  readonly supplyTps: bigint
  /** Output tokens that the waiting and running requests may still take, the event's own included. */
  readonly demandTokens: bigint
}

/** A whole number of microcredits per 1,000,000 tokens as a price. */
export function priceFromMicrocredits(perMillion: bigint): ScaledPrice {
  assert(perMillion >= 0n, 'a price is never negative', { perMillion })
  return (perMillion * PRICE_SCALE) as ScaledPrice
}

/** Writes a price as an exact decimal of microcredits per 1,000,000 tokens, without needless zeros: `6322.222222222222222222`. */
export function formatPrice(price: ScaledPrice): string {
  return formatDecimal(price, PRICE_DECIMALS)
}

/**
 * Reads what {@link formatPrice} writes.
 *
 * @throws MarketInputError unless it's digits, with up to 18 more after a point.
 */
export function parsePrice(text: string): ScaledPrice {
  if (!PRICE_PATTERN.test(text)) {
    const allowed = `a decimal with up to ${PRICE_DIGITS_MAX} digits before and ${PRICE_DECIMALS} after the point`
    throw new MarketInputError('price', text, allowed)
  }
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(PRICE_DECIMALS, '0')) as ScaledPrice
}

/**
 * Where demand and supply pull the price: `base * (1 + utilization)^2` with
 * `utilization = demand / 60 s / supply`; without supply ten times the current price, or the current one when nothing
 * is asked for either. No floor and no cap. Rounded down to the fixed point.
 */
export function targetPrice({ current, base, supplyTps, demandTokens }: MarketState): ScaledPrice {
  assert(supplyTps >= 0n && demandTokens >= 0n, 'supply and demand are never negative', {
    supplyTps,
    demandTokens,
  })
  if (supplyTps === 0n) return (demandTokens === 0n ? current : 10n * current) as ScaledPrice
  // 1 + demand / (60 * supply / 1000) = (3 * supply + 50 * demand) / (3 * supply)
  const below = 3n * supplyTps
  const above = below + 50n * demandTokens
  return ((base * above * above) / (below * below)) as ScaledPrice
}

/**
 * The price after an event: `0.8 * current + 0.2 * target`, computed exactly and rounded down once.
 *
 * With supply the target doesn't depend on the price, so rounding errors fade by 0.8 with every event: however many
 * events there were, the price lies less than 5e-18 microcredits below the exact one. Rounding down also makes a price
 * that falls arrive at its base, where rounding to nearest would stop short of it. Without supply price and error grow
 * alike. It never leaves the range from base to PRICE_MAX_MICROCREDITS, at which not one token can be paid for.
 */
export function nextPrice(state: MarketState): ScaledPrice {
  return cappedPrice((4n * state.current + targetPrice(state)) / 5n)
}

/** A price, or the highest one if it's above. */
export function cappedPrice(price: bigint): ScaledPrice {
  return (price < PRICE_MAX ? price : PRICE_MAX) as ScaledPrice
}

/** Why a price is what it is, for people. */
export interface PriceExplanation {
  /** current / base with six digits after the point at most. */
  readonly multiplier: string
  /** Tokens asked for per token that a minute's supply has; undefined without supply. */
  readonly utilization: string | undefined
  /**
   * `idle`: at its base. `demand`: above it, and demand holds it there or drives it up. `falling`: above what demand
   * justifies by now. `no-supply`: nobody serves the model.
   */
  readonly cause: 'idle' | 'demand' | 'no-supply' | 'falling'
}

/** Says why the current price is what it is. */
export function explainPrice(state: MarketState): PriceExplanation {
  const { current, base, supplyTps, demandTokens } = state
  return {
    multiplier: base === 0n ? '1' : ratioText(current, base),
    utilization: supplyTps === 0n ? undefined : ratioText(50n * demandTokens, 3n * supplyTps),
    cause: causeOf(state),
  }
}

function causeOf(state: MarketState): PriceExplanation['cause'] {
  if (state.supplyTps === 0n) return 'no-supply'
  if (state.current > targetPrice(state)) return 'falling'
  return state.demandTokens > 0n ? 'demand' : 'idle'
}

/** What `tokens` tokens cost, in microcredits: rounded once, up, so never a whole microcredit more than exact. */
export function amountOf(price: ScaledPrice, tokens: bigint): bigint {
  assert(tokens >= 0n, 'a number of tokens is never negative', { tokens })
  return divideUp(price * tokens, PRICE_SCALE * PRICE_UNIT_TOKENS)
}

/** The most tokens whose {@link amountOf} a balance covers; TOKENS_MAX when they cost nothing. */
export function affordableTokens(price: ScaledPrice, balance: bigint): bigint {
  if (balance < 0n) return 0n
  if (price === 0n) return TOKENS_MAX
  const tokens = (balance * PRICE_SCALE * PRICE_UNIT_TOKENS) / price
  return tokens < TOKENS_MAX ? tokens : TOKENS_MAX
}
