/** A price in the shadow: microcredits per 1,000,000 tokens, times 10^18, as a price point stores it. */
export type Price = bigint

const UNIT = 1_000_000n * 10n ** 18n
/** Highest price: at it one token costs what an account can hold. */
const PRICE_MAX = (2n ** 63n - 1n) * UNIT

/** What tokens cost, rounded up to a whole microcredit. */
export function amountUp(price: Price, tokens: number): bigint {
  return (price * BigInt(tokens) + UNIT - 1n) / UNIT
}

/** What the price rule makes of a price: `0.8 * current + 0.2 * target`, written as fractions and not as in the code. */
export function ruledPrice(point: {
  readonly before: Price
  readonly base: Price
  readonly supplyMtps: bigint
  readonly demandTokens: bigint
}): Price {
  const { before, base, supplyMtps, demandTokens } = point
  const capacityPerMinute = 60n * supplyMtps
  const asked = 1_000n * demandTokens
  const target =
    supplyMtps > 0n
      ? (base * (capacityPerMinute + asked) ** 2n) / capacityPerMinute ** 2n
      : (demandTokens > 0n ? 10n : 1n) * before
  const after = (8n * before + 2n * target) / 10n
  return after < PRICE_MAX ? after : PRICE_MAX
}

/** The protocol's part of a bill: a tenth, rounded to nearest. */
export function feeOf(billed: bigint): bigint {
  return (billed + 5n) / 10n
}
